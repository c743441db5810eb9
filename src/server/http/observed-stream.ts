import { codeToString } from "@connectrpc/connect/protocol-connect";
import { Code } from "@connectrpc/connect";
import type { ObservedCall } from "../observed-call.ts";

/**
 * The stream, counted; `end` is called once, when it is read to its end, fails, or is left. It asks for a piece only when
 * its own reader asks: those of files are valid until the next one is asked for, and Bun has sent or copied a piece by then.
 */
export function observedStream(
  source: ReadableStream<Uint8Array>,
  call: ObservedCall,
  end: () => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const counted = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          end();
          return;
        }
        call.sentBytes += value.byteLength;
        controller.enqueue(value);
      } catch (error) {
        // The head is sent already: breaking the connection is what tells the client.
        call.code = codeToString(Code.DataLoss);
        call.error = error;
        controller.error(error);
        end();
      }
    },
    async cancel(reason: unknown) {
      call.code = codeToString(Code.Canceled);
      end();
      await reader.cancel(reason);
    },
  };
  return new ReadableStream(counted, { highWaterMark: 0 });
}
