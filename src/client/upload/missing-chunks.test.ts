import { expect, test } from "bun:test";
import { createModelBoxClient } from "../model-box-client.ts";
import { failureOf } from "../testing/failure-of.ts";
import { FaultServer, sendError } from "../testing/fault-server.ts";
import { MissingChunks } from "./missing-chunks.ts";
import { Code } from "@connectrpc/connect";

const never = new AbortController().signal;

function digestOf(index: number): string {
  return index.toString(16).padStart(64, "0");
}

function start(server: FaultServer, maxPerCall: number): MissingChunks {
  const { artifacts } = createModelBoxClient({ serverAddr: server.address });
  return new MissingChunks(artifacts, { leaseId: "lease-1", maxPerCall, signal: never });
}

test("answers each question, and asks in few calls of at most the server's size", async () => {
  await using server = await FaultServer.start();
  server.chunks.set(digestOf(3), Buffer.from("x"));
  const missing = start(server, 100);
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => missing.isMissing(digestOf(index), 1)),
  );
  expect(answers.filter((one) => !one)).toHaveLength(1);
  expect(answers[3]).toBe(false);
  expect(Math.max(...server.findSizes)).toBe(100);
  expect(server.findSizes.reduce((sum, one) => sum + one)).toBe(1000);
  expect(server.findSizes.length).toBeLessThanOrEqual(11);
});

test("a large chunk is asked for without waiting for others", async () => {
  await using server = await FaultServer.start();
  const missing = start(server, 100);
  expect(await missing.isMissing(digestOf(1), 4 * 1024 * 1024)).toBe(true);
  expect(await missing.isMissing(digestOf(2), 1)).toBe(true);
  expect(server.findSizes).toEqual([1, 1]);
});

test("a refusal fails every question of the call, and the next call is made all the same", async () => {
  await using server = await FaultServer.start();
  server.faultOnCall = (_request, response, count) => {
    if (count > 1) return false;
    sendError(response, Code.FailedPrecondition, "LEASE_ENDED", 400);
    return true;
  };
  const missing = start(server, 100);
  const failures = await Promise.all([1, 2].map((index) => failureOf(missing.isMissing(digestOf(index), 1))));
  expect(failures).toMatchObject([{ reason: "LEASE_ENDED" }, { reason: "LEASE_ENDED" }]);
  expect(await missing.isMissing(digestOf(3), 1)).toBe(true);
});
