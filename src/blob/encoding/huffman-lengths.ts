import { MAX_CODE_BITS } from "./huffman-kernel.ts";

const SYMBOLS = 256;

/**
 * How long the code of each byte is, 0 for those that do not occur: no longer than MAX_CODE_BITS, and so that no code is left
 * unused. Undefined for fewer than two different bytes.
 */
export function codeLengths(counts: Uint32Array): Uint8Array | undefined {
  // Numbers sort faster than what they are of.
  const sorted = new Float64Array(SYMBOLS);
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1)
    sorted[symbol] = (counts[symbol] ?? 0) * SYMBOLS + symbol;
  const used = sorted.sort().filter((count) => count >= SYMBOLS);
  if (used.length < 2) return undefined;
  const depths = treeDepths(used.map((count) => Math.floor(count / SYMBOLS)));
  const symbols = Uint8Array.from(used, (count) => count % SYMBOLS);
  const lengths = new Uint8Array(SYMBOLS);
  for (let index = 0; index < symbols.length; index += 1)
    lengths[symbols[index] ?? 0] = Math.min(depths[index] ?? 0, MAX_CODE_BITS);
  fit(lengths, symbols);
  return lengths;
}

/** The depth of each leaf of Huffman's tree, for counts in ascending order: those of its other nodes follow. */
function treeDepths(counts: Float64Array): Uint8Array {
  const leaves = counts.length;
  const nodes = 2 * leaves - 1;
  const weights = new Float64Array(nodes).fill(Infinity);
  weights.set(counts);
  const parents = new Uint16Array(nodes);
  let [leaf, inner] = [0, leaves];
  for (let node = leaves; node < nodes; node += 1) {
    let sum = 0;
    for (let child = 0; child < 2; child += 1) {
      const isLeaf = leaf < leaves && (weights[leaf] ?? 0) <= (weights[inner] ?? 0);
      const lightest = isLeaf ? leaf++ : inner++;
      parents[lightest] = node;
      sum += weights[lightest] ?? 0;
    }
    weights[node] = sum;
  }
  const depths = new Uint8Array(nodes);
  for (let node = nodes - 2; node >= 0; node -= 1) depths[node] = (depths[parents[node] ?? 0] ?? 0) + 1;
  return depths;
}

/** Mends lengths that were cut off: longer codes for rare bytes until all have room, then shorter ones for what is left of it. */
function fit(lengths: Uint8Array, rarestFirst: Uint8Array): void {
  const room = (length: number) => 2 ** (MAX_CODE_BITS - length);
  let excess = -(2 ** MAX_CODE_BITS);
  for (const symbol of rarestFirst) excess += room(lengths[symbol] ?? 0);
  for (let length = MAX_CODE_BITS - 1; excess > 0; length -= 1) {
    for (const symbol of rarestFirst) {
      if (excess <= 0) break;
      if (lengths[symbol] !== length) continue;
      lengths[symbol] = length + 1;
      excess -= room(length + 1);
    }
  }
  for (const symbol of rarestFirst.toReversed()) {
    if (excess < 0 && lengths[symbol] === MAX_CODE_BITS) {
      lengths[symbol] = MAX_CODE_BITS - 1;
      excess += 1;
    }
  }
}
