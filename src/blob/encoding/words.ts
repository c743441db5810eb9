/**
 * The whole words of 32 bits that bytes begin with; of a copy if no word may begin there. With a sign: the engine keeps
 * numbers from 2^31 on in another form, which made loops ten times slower.
 */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const source = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
}
