import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";

/** How many bytes a hash covers: what came before has been shifted out of its 32 bits. */
const HASHED_BYTES = 32;
/** Below the target one of 2^24 bytes ends a chunk, above one of 2^20; so most chunks end soon after the target. */
const EARLY_MASK = 0xff_ff_ff_00 | 0;
const LATE_MASK = 0xff_ff_f0_00 | 0;

/** One number for each byte: the first four bytes, little-endian, of the SHA-256 of that byte. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  const digest = new Bun.CryptoHasher("sha256").update(Uint8Array.of(byte)).digest();
  return new DataView(digest.buffer, digest.byteOffset).getInt32(0, true);
});

/**
 * Where the content ends a chunk that begins with the window: the smallest length from `from` up to `to` whose last 32
 * bytes say so; undefined when none does. Neither is below MIN_CHUNK_BYTES or above MAX_CHUNK_BYTES.
 */
export function contentCut(window: Uint8Array, from: number, to: number): number | undefined {
  const last = Math.min(to, MAX_CHUNK_BYTES, window.length);
  const first = Math.max(from, MIN_CHUNK_BYTES);
  const early = Math.min(last, TARGET_CHUNK_BYTES - 1);
  return (
    scan(window, first, early, EARLY_MASK) ??
    scan(window, Math.max(first, TARGET_CHUNK_BYTES), last, LATE_MASK)
  );
}

/** The hash of each place is that of the 32 bytes before it, wherever the search begins. */
function scan(bytes: Uint8Array, first: number, last: number, mask: number): number | undefined {
  if (first > last) return undefined;
  let hash = 0;
  for (let at = first - HASHED_BYTES; at < first - 1; at += 1)
    hash = ((hash << 1) + (GEAR[bytes[at] ?? 0] ?? 0)) | 0;
  for (let at = first - 1; at < last; at += 1) {
    hash = ((hash << 1) + (GEAR[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & mask) === 0) return at + 1;
  }
  return undefined;
}
