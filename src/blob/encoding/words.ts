/** The whole words of 32 bits that bytes begin with; of a copy if no word may begin there. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const source = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
}

/** XORs the bytes of `base` to those at the same offset, as far as there are both. `bytes` has its buffer to itself. */
export function xorWith(bytes: Uint8Array<ArrayBuffer>, base: Uint8Array): void {
  const sizeBytes = Math.min(bytes.byteLength, base.byteLength);
  const words = new Uint32Array(bytes.buffer, 0, sizeBytes >>> 2);
  const baseWords = wordsOf(base);
  for (let i = 0; i < words.length; i += 1) words[i] = (words[i] ?? 0) ^ (baseWords[i] ?? 0);
  for (let j = words.length * 4; j < sizeBytes; j += 1) bytes[j] = (bytes[j] ?? 0) ^ (base[j] ?? 0);
}
