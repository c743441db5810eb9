/** Something is not there, as far as the command line can tell by itself. The message says what to do. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}
