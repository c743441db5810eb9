import type { ChunkCutter } from "../chunk-cutter.ts";
import { chooseCutter } from "../choose-cutter.ts";
import { MAX_WINDOW_BYTES } from "../limits.ts";

/** Windows that hold no more than a cutter asks for. */
function wanted({ windowBytes }: ChunkCutter): number {
  return windowBytes;
}

/** Lengths of the chunks of a file. `windowBytes` says how much of it is known, at least what the cutter asks for. */
export function cutBytes(
  bytes: Uint8Array,
  windowBytes: (cutter: ChunkCutter) => number = wanted,
): readonly number[] {
  const cutter = chooseCutter();
  const lengths: number[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const { maxWindowBytes } = cutter;
    if (maxWindowBytes > MAX_WINDOW_BYTES) throw new Error(`a window of ${maxWindowBytes} bytes`);
    let length: number | undefined;
    while (length === undefined) {
      const asked = cutter.windowBytes;
      if (asked > maxWindowBytes) throw new Error(`asked for ${asked} bytes, at most for ${maxWindowBytes}`);
      length = cutter.nextLength(bytes.subarray(offset, offset + Math.max(asked, windowBytes(cutter))));
      if (length === undefined && cutter.windowBytes <= asked) throw new Error("asked for nothing more");
    }
    if (length < 1 || length > bytes.length - offset) throw new Error(`a chunk of ${length} bytes`);
    lengths.push(length);
    offset += length;
  }
  return lengths;
}

/** SHA-256 of each chunk. */
export function chunkDigests(bytes: Uint8Array, lengths: readonly number[] = cutBytes(bytes)): string[] {
  let offset = 0;
  return lengths.map((length) => {
    const chunk = bytes.subarray(offset, (offset += length));
    return new Bun.CryptoHasher("sha256").update(chunk).digest("hex");
  });
}
