import type { BlobReader, ReadRange } from "../domain/blob-store.ts";
import { requireRange } from "./keys.ts";

/** Bytes of one piece of a stream. */
const PIECE_BYTES = 256 * 1024;

/** The bytes of a reader as a stream that disposes the reader at its end. */
export async function streamOf(reader: BlobReader, range?: ReadRange): Promise<ReadableStream<Uint8Array>> {
  const { offsetBytes, lengthBytes } = range ?? { offsetBytes: 0, lengthBytes: reader.sizeBytes };
  try {
    requireRange(reader.sizeBytes, offsetBytes, lengthBytes);
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
  const end = offsetBytes + lengthBytes;
  let next = offsetBytes;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next === end) {
          await reader[Symbol.asyncDispose]();
          controller.close();
          return;
        }
        try {
          const piece = new Uint8Array(Math.min(PIECE_BYTES, end - next));
          await reader.read(piece, next);
          next += piece.byteLength;
          controller.enqueue(piece);
        } catch (error) {
          await reader[Symbol.asyncDispose]();
          throw error;
        }
      },
      cancel: () => reader[Symbol.asyncDispose](),
    },
    { highWaterMark: 0 },
  );
}
