/*
 * How a Zstandard frame says which codes it has (RFC 8878, 4.2.1): the weight of each byte up to the last but one that occurs, which is
 * how much shorter than the longest its code is. Weights are written as they are or compressed by a finite state entropy code.
 */

/** Weights that can be written as they are. */
const MAX_DIRECT_WEIGHTS = 128;
const DIRECT_BASE = 127;
/** Compressed weights have fewer bytes than that. */
const MAX_COMPRESSED_BYTES = 128;
/** States of the code for weights: the most that there may be. */
const STATE_BITS = 6;
const STATES = 1 << STATE_BITS;
const MIN_STATE_BITS = 5;

/** The description of codes of such lengths, or undefined if they are no whole code, or such that it can't be written. */
export function describeTree(lengths: Uint8Array): readonly number[] | undefined {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const room = lengths.reduce((sum, length) => sum + (length === 0 ? 0 : 2 ** (longest - length)), 0);
  if (longest === 0 || room !== 2 ** longest) return undefined;
  const last = lengths.findLastIndex((length) => length > 0);
  const weights = [...lengths.subarray(0, last)].map((length) => (length === 0 ? 0 : longest + 1 - length));
  const compressed = compressWeights(weights);
  if (compressed !== undefined && compressed.length < Math.min(weights.length / 2, MAX_COMPRESSED_BYTES))
    return [compressed.length, ...compressed];
  if (weights.length > MAX_DIRECT_WEIGHTS) return undefined;
  const pairs = Array.from({ length: Math.ceil(weights.length / 2) }, (_, index) => index * 2);
  return [
    DIRECT_BASE + weights.length,
    ...pairs.map((index) => ((weights[index] ?? 0) << 4) | (weights[index + 1] ?? 0)),
  ];
}

/** Undefined where there are too few weights, or only one kind of them. */
function compressWeights(weights: readonly number[]): readonly number[] | undefined {
  const shares = sharesOf(weights);
  if (weights.length < 3 || shares === undefined) return undefined;
  const states = statesOf(shares);
  // What a reader reads, in its order: two first states, then what each but the last two weights has for the next but one.
  const read: Bits[] = [];
  const following: (number | undefined)[] = [];
  for (let index = weights.length - 1; index >= 0; index -= 1) {
    const after = following[index % 2];
    const state = states.before(weights[index] ?? 0, after);
    const bits = states.bits[state] ?? 0;
    if (after !== undefined) read.push({ value: after - (states.base[state] ?? 0), bits });
    following[index % 2] = state;
  }
  for (const state of following.toReversed()) read.push({ value: state ?? 0, bits: STATE_BITS });
  return [...pack(describeShares(shares)), ...pack([...read, { value: 1, bits: 1 }])];
}

interface Bits {
  readonly value: number;
  readonly bits: number;
}

/** How many states each weight gets: as many as it is frequent, at least one. */
function sharesOf(weights: readonly number[]): readonly number[] | undefined {
  const counts = Array.from({ length: Math.max(...weights, 0) + 1 }, () => 0);
  for (const weight of weights) counts[weight] = (counts[weight] ?? 0) + 1;
  const shares = counts.map((count) =>
    count === 0 ? 0 : Math.max(1, Math.floor((count * STATES) / weights.length)),
  );
  const most = shares.indexOf(Math.max(...shares));
  const left = STATES - shares.reduce((sum, share) => sum + share, 0);
  shares[most] = (shares[most] ?? 0) + left;
  return shares.filter((share) => share > 0).length < 2 || (shares[most] ?? 0) < 1 ? undefined : shares;
}

/** RFC 8878, 4.1.1. Each state stands for a weight, and the next one is its base plus what so many bits say. */
function statesOf(shares: readonly number[]) {
  const weightAt = new Uint8Array(STATES);
  let place = 0;
  for (const [weight, share] of shares.entries()) {
    for (let count = 0; count < share; count += 1) {
      weightAt[place] = weight;
      place = (place + (STATES >>> 1) + (STATES >>> 3) + 3) % STATES;
    }
  }
  const next = [...shares];
  const bits = new Uint8Array(STATES);
  const base = new Uint8Array(STATES);
  const before = new Uint8Array(shares.length * STATES);
  const last = new Uint8Array(shares.length);
  for (const [state, weight] of weightAt.entries()) {
    const number = next[weight] ?? 0;
    next[weight] = number + 1;
    bits[state] = STATE_BITS - (31 - Math.clz32(number));
    base[state] = (number << bits[state]) - STATES;
    before.fill(state, weight * STATES + base[state], weight * STATES + base[state] + 2 ** bits[state]);
    // A reader knows the end by bits that are missing, so that the last states must want some: the first of a weight does.
    if (number === shares[weight]) last[weight] = state;
  }
  return {
    bits,
    base,
    /** The state of a weight before that one, or at the end. */
    before: (weight: number, after: number | undefined) =>
      (after === undefined ? last[weight] : before[weight * STATES + after]) ?? 0,
  };
}

/** RFC 8878, 4.1.1: each share in as few bits as what is left allows. */
function describeShares(shares: readonly number[]): readonly Bits[] {
  const written: Bits[] = [{ value: STATE_BITS - MIN_STATE_BITS, bits: 4 }];
  let left = STATES;
  for (let weight = 0; left > 0; weight += 1) {
    const share = shares[weight] ?? 0;
    const bits = 32 - Math.clz32(left + 1);
    const short = 2 ** bits - 1 - (left + 1);
    const value = share + 1;
    if (value < short) written.push({ value, bits: bits - 1 });
    else written.push({ value: value < 2 ** (bits - 1) ? value : value + short, bits });
    left -= share;
    if (share > 0) continue;
    // Further ones of no share: three at a time, then what is left of them.
    let zeros = 0;
    while (left > 0 && (shares[weight + 1 + zeros] ?? 0) === 0) zeros += 1;
    weight += zeros;
    for (; zeros >= 3; zeros -= 3) written.push({ value: 3, bits: 2 });
    written.push({ value: zeros, bits: 2 });
  }
  return written;
}

/** The lowest bits first. */
function pack(values: readonly Bits[]): readonly number[] {
  const bytes: number[] = [];
  let [waiting, count] = [0, 0];
  for (const { value, bits } of values) {
    waiting |= value << count;
    for (count += bits; count >= 8; count -= 8) {
      bytes.push(waiting & 0xff);
      waiting >>>= 8;
    }
  }
  return count > 0 ? [...bytes, waiting] : bytes;
}
