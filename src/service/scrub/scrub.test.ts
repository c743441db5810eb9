import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { scrub, SCRUB_JOB, type ScrubOptions } from "./scrub.ts";

const DAY_MS = 24 * 3_600_000;
const CHUNK_BYTES = 10_000;
const CHUNKS = 12;

let opened: TestTransfers;
beforeEach(async () => {
  opened = await openTransfers();
  await opened.store("model.bin", someBytes(CHUNKS * CHUNK_BYTES), { chunkBytes: CHUNK_BYTES });
});
afterEach(() => opened[Symbol.asyncDispose]());

function run(options: Partial<ScrubOptions> = {}) {
  const signal = new AbortController().signal;
  return scrub(opened.transfers, { signal, everyMs: 30 * DAY_MS, bytesPerSecond: 2 ** 40, ...options });
}

const everything = { chunks: CHUNKS, bytes: CHUNKS * CHUNK_BYTES, corrupt: 0, failed: 0 };

test("everything is read, and again once a period has gone by", async () => {
  expect(await run()).toEqual(everything);
  expect(await run()).toBeUndefined();
  const job = await opened.context.metadata.read((tx) => tx.jobs.get(SCRUB_JOB));
  expect(job?.finishedAt).toBeGreaterThan(0);
  expect(JSON.parse(job?.result ?? "")).toEqual(everything);
  opened.advanceMs(31 * DAY_MS);
  expect(await run()).toEqual(everything);
});

test("a byte that was turned is told, and its chunk is quarantined", async () => {
  const [path] = await opened.objects();
  const bytes = readFileSync(path!);
  bytes[77]! ^= 1;
  writeFileSync(path!, bytes);
  expect(await run()).toEqual({ ...everything, corrupt: 1 });
  expect(opened.corrupt).toMatchObject([{ problem: "wrong_digest" }]);
  const digest = opened.corrupt[0]!.chunk.digest;
  const [chunk] = await opened.context.metadata.read((tx) => tx.chunks.getMany([digest]));
  expect(chunk?.state).toBe("quarantined");
});

test("what was ended early goes on where it was, wherever it was ended", async () => {
  for (let end = 1; end < CHUNKS; end += 3) {
    const stop = new AbortController();
    let read = 0;
    const onRead = () => void ((read += 1) === end && stop.abort());
    expect(await run({ signal: stop.signal, onRead })).toBeUndefined();
    expect(read).toBe(end);
    let rest = 0;
    expect(await run({ onRead: () => void (rest += 1) })).toEqual(everything);
    expect(rest).toBe(CHUNKS - end);
    opened.advanceMs(31 * DAY_MS);
  }
});

test("it keeps its speed, and steps aside while bytes move for somebody", async () => {
  const begin = performance.now();
  await run({ bytesPerSecond: 400_000 });
  expect(performance.now() - begin).toBeGreaterThan(250);
  opened.advanceMs(31 * DAY_MS);
  const busy = opened.transfers.load.begin();
  const stop = new AbortController();
  let read = 0;
  const running = run({ signal: stop.signal, onRead: () => void (read += 1) });
  await Bun.sleep(500);
  expect(read).toBe(1);
  stop.abort();
  expect(await running).toBeUndefined();
  busy[Symbol.dispose]();
});
