/*
 * What is done to elements before they are sorted into planes, and undone. Elements are little-endian numbers of
 * `width` bytes; loops run over words of 32 bits, of which a whole number must be whole elements.
 */

/** How many bytes an element has. */
export type GroupWidth = 2 | 4 | 8;

/**
 * Replaces each element by its folded difference to the base's: 0, -1, 1, -2, … become 0, 1, 2, 3, …, so that small ones have
 * high bytes of 0 whatever their sign is. Differences wrap around.
 */
export function subtractBase(words: Int32Array, base: Int32Array, width: GroupWidth): void {
  if (width === 4) {
    for (let i = 0; i < words.length; i += 1) {
      const difference = ((words[i] ?? 0) - (base[i] ?? 0)) | 0;
      words[i] = (difference << 1) ^ (difference >> 31);
    }
  } else if (width === 2) {
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] ?? 0;
      const baseWord = base[i] ?? 0;
      const low = ((word - baseWord) << 16) >> 16;
      const high = ((word >>> 16) - (baseWord >>> 16)) << 16;
      words[i] = (((low << 1) ^ (low >> 15)) & 0xffff) | (((high << 1) ^ (high >> 31)) & 0xffff0000);
    }
  } else {
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i] ?? 0;
      const baseLow = base[i] ?? 0;
      const difference = (low - baseLow) | 0;
      const high = ((words[i + 1] ?? 0) - (base[i + 1] ?? 0) - (low >>> 0 < baseLow >>> 0 ? 1 : 0)) | 0;
      const sign = high >> 31;
      words[i] = (difference << 1) ^ sign;
      words[i + 1] = ((high << 1) | (difference >>> 31)) ^ sign;
    }
  }
}

/** The inverse of subtractBase. */
export function addBase(words: Int32Array, base: Int32Array, width: GroupWidth): void {
  if (width === 4) {
    for (let i = 0; i < words.length; i += 1) {
      const folded = words[i] ?? 0;
      words[i] = (((folded >>> 1) ^ (0 - (folded & 1))) + (base[i] ?? 0)) | 0;
    }
  } else if (width === 2) {
    for (let i = 0; i < words.length; i += 1) {
      const folded = words[i] ?? 0;
      const baseWord = base[i] ?? 0;
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
      const low = (difference + (base[i] ?? 0)) | 0;
      const high = (((foldedHigh >>> 1) ^ sign) + (base[i + 1] ?? 0)) | 0;
      words[i] = low;
      words[i + 1] = (high + (low >>> 0 < difference >>> 0 ? 1 : 0)) | 0;
    }
  }
}

/** Makes the highest bit of each element, the sign of a floating-point number, its lowest: its exponent is one byte then. */
export function rotateLeft(words: Int32Array, width: GroupWidth): void {
  if (width === 8) {
    for (let i = 0; i < words.length; i += 2) {
      const [low, high] = [words[i] ?? 0, words[i + 1] ?? 0];
      words[i] = (low << 1) | (high >>> 31);
      words[i + 1] = (high << 1) | (low >>> 31);
    }
  } else {
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] ?? 0;
      words[i] =
        width === 4 ? (word << 1) | (word >>> 31) : ((word << 1) & 0xfffefffe) | ((word >>> 15) & 0x00010001);
    }
  }
}

/** The inverse of rotateLeft. */
export function rotateRight(words: Int32Array, width: GroupWidth): void {
  if (width === 8) {
    for (let i = 0; i < words.length; i += 2) {
      const [low, high] = [words[i] ?? 0, words[i + 1] ?? 0];
      words[i] = (low >>> 1) | (high << 31);
      words[i + 1] = (high >>> 1) | (low << 31);
    }
  } else {
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] ?? 0;
      words[i] =
        width === 4 ? (word >>> 1) | (word << 31) : ((word >>> 1) & 0x7fff7fff) | ((word & 0x00010001) << 15);
    }
  }
}
