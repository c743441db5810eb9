import type { GroupWidth } from "./planes.ts";
import { joinTiles } from "./tiles.ts";
import { wordsOf } from "./words.ts";

/*
 * Elements are little-endian numbers of `width` bytes from the beginning on, and differences wrap around. They are folded
 * (0, -1, 1, -2, … become 0, 1, 2, 3, …), so that small ones have high bytes of 0 whatever their sign is. Only elements that
 * both have whole are changed.
 */

/** Replaces each element by its folded difference to the base's at the same offset. `bytes` has its buffer to itself. */
export function subtractBase(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array, width: GroupWidth): void {
  const [words, baseWords] = commonWords(bytes, base, width);
  if (width === 4) {
    for (let i = 0; i < words.length; i += 1) {
      const difference = ((words[i] ?? 0) - (baseWords[i] ?? 0)) | 0;
      words[i] = (difference << 1) ^ (difference >> 31);
    }
  } else if (width === 2) {
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] ?? 0;
      const baseWord = baseWords[i] ?? 0;
      const low = ((word - baseWord) << 16) >> 16;
      const high = ((word >>> 16) - (baseWord >>> 16)) << 16;
      words[i] = (((low << 1) ^ (low >> 15)) & 0xffff) | (((high << 1) ^ (high >> 31)) & 0xffff0000);
    }
  } else {
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i] ?? 0;
      const baseLow = baseWords[i] ?? 0;
      const difference = (low - baseLow) | 0;
      const high = ((words[i + 1] ?? 0) - (baseWords[i + 1] ?? 0) - (low >>> 0 < baseLow >>> 0 ? 1 : 0)) | 0;
      const sign = high >> 31;
      words[i] = (difference << 1) ^ sign;
      words[i + 1] = ((high << 1) | (difference >>> 31)) ^ sign;
    }
  }
}

/** The inverse of subtractBase. */
export function addBase(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array, width: GroupWidth): void {
  const [words, baseWords] = commonWords(bytes, base, width);
  if (width === 4) {
    for (let i = 0; i < words.length; i += 1) {
      const folded = words[i] ?? 0;
      words[i] = (((folded >>> 1) ^ (0 - (folded & 1))) + (baseWords[i] ?? 0)) | 0;
    }
  } else if (width === 2) {
    for (let i = 0; i < words.length; i += 1) {
      const folded = words[i] ?? 0;
      const baseWord = baseWords[i] ?? 0;
      const low = ((folded & 0xffff) >>> 1) ^ (0 - (folded & 1));
      const high = (folded >>> 17) ^ (0 - ((folded >>> 16) & 1));
      words[i] = ((low + baseWord) & 0xffff) | ((high + (baseWord >>> 16)) << 16);
    }
  } else {
    for (let i = 0; i < words.length; i += 2) {
      const foldedLow = words[i] ?? 0;
      const foldedHigh = words[i + 1] ?? 0;
      const sign = 0 - (foldedLow & 1);
      const difference = ((foldedLow >>> 1) | (foldedHigh << 31)) ^ sign;
      const low = (difference + (baseWords[i] ?? 0)) | 0;
      const high = (((foldedHigh >>> 1) ^ sign) + (baseWords[i + 1] ?? 0)) | 0;
      words[i] = low;
      words[i + 1] = (high + (low >>> 0 < difference >>> 0 ? 1 : 0)) | 0;
    }
  }
}

/**
 * The same at once with putting planes of folded differences together. `base` has the size of `bytes`, and may be `bytes`
 * itself.
 */
export function addPlanes(
  bytes: Uint8Array<ArrayBuffer>,
  base: Uint8Array,
  planes: readonly Uint8Array[],
  width: 2 | 4,
): void {
  const count = joinTiles(bytes, base, planes, width);
  const rest = new Uint8Array(bytes.byteLength - count);
  for (let j = 0; j < rest.byteLength; j += 1)
    rest[j] = planes[(count + j) % width]?.[Math.floor((count + j) / width)] ?? 0;
  addBase(rest, base.subarray(count), width);
  bytes.set(rest, count);
}

function commonWords(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array, width: GroupWidth) {
  const elements = Math.floor(Math.min(bytes.byteLength, base.byteLength) / width);
  const count = Math.floor((elements * width) / 4);
  // Of two bytes, one may be left over that both have: it stays as it is, like all that one has alone.
  return [new Int32Array(bytes.buffer, 0, count), wordsOf(base)] as const;
}
