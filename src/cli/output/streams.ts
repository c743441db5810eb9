/** The reader of our output has left, as `| head` does. Nothing is wrong, and there is nothing left to do. */
export class ReaderGoneError extends Error {
  override readonly name = "ReaderGoneError";
}

/** Writes and waits until the text is taken, so that a slow reader slows us down instead of filling the memory. */
export function writeTo(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error)
        reject(isReaderGone(error) ? new ReaderGoneError("The reader has left.", { cause: error }) : error);
      else resolve();
    });
  });
}

/**
 * Keeps a stream that can't be written from ending the program with a stack trace; writeTo reports it. oclif has
 * added a listener by now, which throws.
 */
export function leaveErrorsToWriter(stream: NodeJS.WriteStream): void {
  stream.removeAllListeners("error").on("error", () => undefined);
}

function isReaderGone(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}
