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

/** Keeps a stream whose reader has left from ending the program with a stack trace; writeTo reports it. */
export function watchForReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: Error) => {
    if (!isReaderGone(error)) throw error;
  });
}

function isReaderGone(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}
