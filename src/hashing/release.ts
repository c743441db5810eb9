/**
 * Gives the memory of an array back now. Left to the garbage collector, which sees small objects and not the megabytes
 * behind them, a server's memory grew by 100 MB while files came in. The array and all that shares its buffer are empty
 * afterwards; once more is no error.
 */
export function releaseBytes({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!buffer.detached) buffer.transfer(0);
}

/** The same for an array that others made: nothing happens to one that has only a part of its buffer. */
export function releaseOwned(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === bytes.byteLength)
    releaseBytes(new Uint8Array(buffer));
}
