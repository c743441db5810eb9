import { expect, test } from "bun:test";
import type { ObservedCall } from "../observed-call.ts";
import { observedStream } from "./observed-stream.ts";

test("the source is asked for a piece when the reader wants it, and not before", async () => {
  let asked = 0;
  const source = new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(new Uint8Array((asked += 1))) },
    { highWaterMark: 0 },
  );
  const call = { sentBytes: 0 } as ObservedCall;
  let ends = 0;
  const reader = observedStream(source, call, () => void (ends += 1)).getReader();
  await new Promise(setImmediate);
  expect(asked).toBe(0);
  expect((await reader.read()).value?.byteLength).toBe(1);
  await new Promise(setImmediate);
  expect(asked).toBe(1);
  expect((await reader.read()).value?.byteLength).toBe(2);
  expect(call.sentBytes).toBe(3);
  await reader.cancel();
  expect(ends).toBe(1);
});
