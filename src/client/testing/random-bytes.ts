const MAX_RANDOM_BYTES = 65_536;

/** Bytes that don't repeat, so that every chunk of them is another. */
export function randomBytes(sizeBytes: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += MAX_RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM_BYTES));
  }
  return bytes;
}
