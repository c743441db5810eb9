import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const filesPerFolder = 1_000;
const smallestBytes = 100;
const largestBytes = 32 * 1024;

/**
 * Writes files whose sizes spread evenly over the powers of two, each with bytes of its own, the same every time; returns the sum
 * of their sizes.
 */
export function writeSmallFiles(root: string, count: number): number {
  const pool = new Uint8Array(2 * largestBytes);
  let state = 12_345;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  for (let index = 0; index < pool.length; index += 1) pool[index] = next() >>> 24;
  let sizeBytes = 0;
  for (let index = 0; index < count; index += 1) {
    const folder = join(root, `part-${String(Math.floor(index / filesPerFolder)).padStart(3, "0")}`);
    if (index % filesPerFolder === 0) mkdirSync(folder, { recursive: true });
    const size = Math.floor(smallestBytes * (largestBytes / smallestBytes) ** (next() / 2 ** 32));
    const begin = next() % largestBytes;
    const bytes = Buffer.from(pool.subarray(begin, begin + size));
    bytes.writeUInt32LE(index, 0);
    writeFileSync(join(folder, `sample-${String(index).padStart(6, "0")}.bin`), bytes);
    sizeBytes += size;
  }
  return sizeBytes;
}
