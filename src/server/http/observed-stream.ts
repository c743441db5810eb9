import { codeToString } from "@connectrpc/connect/protocol-connect";
import { Code } from "@connectrpc/connect";
import { DomainError } from "../../domain/errors.ts";
import type { ObservedCall } from "../observed-call.ts";
import type { CallerCheck } from "./caller-check.ts";

/**
 * The stream, counted; `end` is called once, when it is read to its end, fails, or is left, or `check` ends it. Costs no
 * measurable speed. It keeps no piece ready: the source may take the memory of one back when it is asked for the next.
 */
export function observedStream(
  source: ReadableStream<Uint8Array>,
  call: ObservedCall,
  end: () => void,
  check?: CallerCheck,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          check?.goOn();
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
          const isRefused = error instanceof DomainError && error.kind === "unauthenticated";
          call.code = codeToString(isRefused ? Code.Unauthenticated : Code.DataLoss);
          call.error = error;
          controller.error(error);
          end();
          if (isRefused) await reader.cancel(error).catch(() => undefined);
        }
      },
      async cancel(reason) {
        call.code = codeToString(Code.Canceled);
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
