import { expect, test } from "bun:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createLogger } from "../observability/logger.ts";
import { createMetrics } from "../observability/metrics.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { RpcState } from "./call.ts";
import { callObserver } from "./observed-call.ts";
import { limitedBody } from "./request-body.ts";

function newState(): RpcState {
  const metrics = createMetrics(async () => undefined, "test");
  metrics.close();
  const beginCall = callObserver(createLogger({ level: "error", format: "json", write() {} }), metrics);
  const call = beginCall({ protocol: "connect", service: "s", method: "m" }, "id", "normal");
  return { call, onEnd: [], identity: { refusal: undefined } };
}

async function* pieces(...sizes: number[]) {
  for (const size of sizes) yield new Uint8Array(size);
}

async function* silent(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  await new Promise(() => undefined);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  throw new Error("connection reset");
}

async function read(body: AsyncIterable<Uint8Array>): Promise<number | ConnectError> {
  let bytes = 0;
  try {
    for await (const piece of body) bytes += piece.byteLength;
    return bytes;
  } catch (error) {
    return ConnectError.from(error);
  }
}

test("bytes are counted, held until the call ends, and given back then", async () => {
  const budget = new ByteBudget(10);
  const state = newState();
  expect(await read(limitedBody(pieces(4, 5), state, { budget, stallMs: 60_000 }))).toBe(9);
  expect({ received: state.call.receivedBytes, used: budget.usedBytes }).toEqual({ received: 9, used: 9 });
  const other = newState();
  const refused = await read(limitedBody(pieces(2), other, { budget, stallMs: 60_000 }));
  expect(refused).toMatchObject({ code: Code.Unavailable });
  expect(other.call).toMatchObject({ code: "unavailable" });
  for (const one of [...state.onEnd, ...other.onEnd]) one();
  expect(budget.usedBytes).toBe(0);
  expect(await read(limitedBody(pieces(10), newState(), { budget, stallMs: 60_000 }))).toBe(10);
});

test("a client that falls silent is given up", async () => {
  const state = newState();
  const result = await read(limitedBody(silent(), state, { budget: new ByteBudget(10), stallMs: 5 }));
  expect(result).toMatchObject({ code: Code.Unavailable, rawMessage: expect.stringContaining("No byte") });
});

test("a request that breaks off is the client's doing, not an internal error", async () => {
  const state = newState();
  const result = await read(limitedBody(broken(), state, { budget: new ByteBudget(10), stallMs: 60_000 }));
  expect(result).toMatchObject({ code: Code.Canceled });
});
