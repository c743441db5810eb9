import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";

/** How many bytes a hash covers: what came before has been shifted out of its 32 bits. */
const HASHED_BYTES = 32;
/** Places that are looked at together, and how far from one to the next. */
const LANES = 4;
const LANE_BYTES = 4096;
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

/** As scanInOrder, most of it in lanes. The hash of each place is that of the 32 bytes before it, wherever the search begins. */
function scan(bytes: Uint8Array, first: number, last: number, mask: number): number | undefined {
  let from = first;
  for (; from + LANES * LANE_BYTES <= last; from += LANES * LANE_BYTES) {
    if (hasCut(bytes, from, mask)) break;
  }
  return scanInOrder(bytes, from, last, mask);
}

/**
 * Whether one of the next LANES * LANE_BYTES lengths is a cut. Each byte's hash waits for that of the byte before it, so the
 * processor works on four distant places at once, which takes 0.7 of the time (docs/decisions/chunk-boundaries.md).
 */
function hasCut(bytes: Uint8Array, first: number, mask: number): boolean {
  const at0 = first - 1;
  const at1 = at0 + LANE_BYTES;
  const at2 = at1 + LANE_BYTES;
  const at3 = at2 + LANE_BYTES;
  let hash0 = hashBefore(bytes, at0);
  let hash1 = hashBefore(bytes, at1);
  let hash2 = hashBefore(bytes, at2);
  let hash3 = hashBefore(bytes, at3);
  for (let index = 0; index < LANE_BYTES; index += 1) {
    hash0 = ((hash0 << 1) + (GEAR[bytes[at0 + index] ?? 0] ?? 0)) | 0;
    hash1 = ((hash1 << 1) + (GEAR[bytes[at1 + index] ?? 0] ?? 0)) | 0;
    hash2 = ((hash2 << 1) + (GEAR[bytes[at2 + index] ?? 0] ?? 0)) | 0;
    hash3 = ((hash3 << 1) + (GEAR[bytes[at3 + index] ?? 0] ?? 0)) | 0;
    if ((hash0 & mask) === 0 || (hash1 & mask) === 0 || (hash2 & mask) === 0 || (hash3 & mask) === 0)
      return true;
  }
  return false;
}

function scanInOrder(bytes: Uint8Array, first: number, last: number, mask: number): number | undefined {
  if (first > last) return undefined;
  let hash = hashBefore(bytes, first - 1);
  for (let at = first - 1; at < last; at += 1) {
    hash = ((hash << 1) + (GEAR[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & mask) === 0) return at + 1;
  }
  return undefined;
}

/** The hash that the byte at a place goes on from. */
function hashBefore(bytes: Uint8Array, place: number): number {
  let hash = 0;
  for (let at = place - HASHED_BYTES + 1; at < place; at += 1)
    hash = ((hash << 1) + (GEAR[bytes[at] ?? 0] ?? 0)) | 0;
  return hash;
}
