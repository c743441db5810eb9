/** Stored bytes are not what their encoding says: they are damaged. */
export class CorruptEncodingError extends Error {
  override readonly name = "CorruptEncodingError";
}
