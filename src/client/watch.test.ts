import { expect, test } from "bun:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createModelBoxClient } from "./model-box-client.ts";
import { CallServer } from "./testing/call-server.ts";
import { failureOf } from "./testing/failure-of.ts";
import { watchChanges, type WatchOptions } from "./watch.ts";

async function collect(
  server: CallServer,
  options: Omit<WatchOptions, "namespace">,
  count: number,
): Promise<bigint[]> {
  const client = createModelBoxClient({ serverAddr: server.address });
  const sequences: bigint[] = [];
  for await (const { sequence } of watchChanges(client, { namespace: "a", ...options })) {
    sequences.push(sequence);
    if (sequences.length === count) break;
  }
  return sequences;
}

test("goes on from the last sequence number when the stream ends or the server is unavailable", async () => {
  using server = new CallServer();
  server.watch = async function* (count) {
    if (count === 2) throw new ConnectError("draining", Code.Unavailable);
    yield BigInt(count * 10);
    yield BigInt(count * 10 + 1);
  };
  expect(await collect(server, { afterSequence: 5n }, 4)).toEqual([10n, 11n, 30n, 31n]);
  expect(server.watches.map((request) => request.afterSequence)).toEqual([5n, 11n, 11n]);
});

test("leaving the loop closes the stream", async () => {
  using server = new CallServer();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.watch = async function* (_count, signal) {
    signal.addEventListener("abort", () => resolve(undefined));
    yield 1n;
    await promise;
  };
  expect(await collect(server, {}, 1)).toEqual([1n]);
  await promise;
  expect(server.watches[0]?.afterSequence).toBeUndefined();
});

test("ends without an error when the signal does", async () => {
  using server = new CallServer();
  server.watch = async function* () {
    yield 1n;
    await new Promise(() => undefined);
  };
  const controller = new AbortController();
  const client = createModelBoxClient({ serverAddr: server.address });
  const sequences: bigint[] = [];
  for await (const { sequence } of watchChanges(client, { namespace: "a", signal: controller.signal })) {
    sequences.push(sequence);
    controller.abort();
  }
  expect(sequences).toEqual([1n]);
});

test("a refusal is thrown", async () => {
  using server = new CallServer();
  server.watch = () => {
    throw new ConnectError("There is no namespace.", Code.NotFound);
  };
  const failure = await failureOf(collect(server, {}, 1));
  expect(failure).toMatchObject({
    name: "ServerError",
    kind: "not_found",
    message: "There is no namespace.",
  });
});
