import { afterAll, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { errorOf } from "../../../test/support/failure.ts";
import { backgroundThreads } from "../../blob/encoding/codec-threads.ts";
import type { Chunk, StoredFile } from "../../domain/entities.ts";
import { createCheckpoint } from "../checkpoints/create.ts";
import { deleteCheckpoint } from "../checkpoints/delete.ts";
import { collect } from "../collection/collect.ts";
import type { ServiceContext } from "../context.ts";
import { createExperiment } from "../experiments/create.ts";
import { encodingJob } from "./encode-pending.ts";
import { MAX_BUILT_DEPTH } from "./limits.ts";

const CHUNK_BYTES = 400_000;
const EXPERIMENT = { type: "path", namespace: "n", name: "e" } as const;
const never = new AbortController().signal;
const threads = backgroundThreads(1);
afterAll(() => threads[Symbol.dispose]());

/** Weights after so many steps: they move a little each time. */
function weights(step: number, count = 300_000): Uint8Array<ArrayBuffer> {
  const noise = new Int32Array(someBytes(count * 4, 3).buffer, 0, count);
  return new Uint8Array(Int32Array.from(noise, (value, index) => value + step * ((index % 7) - 3)).buffer);
}

async function commit(test: TestTransfers, step: number, bytes = weights(step)): Promise<StoredFile> {
  const { context } = test;
  const fields = { owner: "o", externalId: "", framework: "", description: "", labels: {} };
  await createExperiment(context, everybody, { namespace: "n", name: "e", ...fields, requestId: "" });
  const leaseId = await test.begin();
  const chunks = [];
  for (let begin = 0; begin < bytes.byteLength; begin += CHUNK_BYTES)
    chunks.push(await test.send(leaseId, bytes.subarray(begin, begin + CHUNK_BYTES)));
  const files = { leaseId, files: [{ path: "w.bin", sizeBytes: bytes.byteLength, sha256: "", chunks }] };
  const { checkpoint } = await createCheckpoint(context, everybody, {
    experiment: EXPERIMENT,
    name: "",
    step: BigInt(step),
    epoch: undefined,
    labels: {},
    metrics: {},
    files,
    fence: undefined,
    requestId: "",
  });
  const artifactId = checkpoint.artifact?.id ?? "";
  const [file] = await context.metadata.read((tx) => tx.artifacts.files(artifactId, "", undefined, 1));
  if (file === undefined) throw new Error("the file was not stored");
  return file;
}

function job(test: TestTransfers, context: ServiceContext = test.context, restMs = 0) {
  const failed: string[] = [];
  const run = encodingJob(context, {
    threads,
    workers: 2,
    cpuPercent: 100,
    restMs,
    load: test.transfers.load,
    observer: { encoded: () => undefined, worked: () => undefined, failed: (digest) => failed.push(digest) },
  });
  return { run, failed };
}

function nowOf({ context }: TestTransfers): number {
  return context.clock.nowMicros();
}

async function chunksOf({ context }: TestTransfers, file: StoredFile): Promise<readonly Chunk[]> {
  return context.metadata.read(async (tx) => {
    const places = await tx.artifacts.fileChunks(file.id, 0, 100);
    const rows = await tx.chunks.getMany(places.map(({ digest }) => digest));
    return places.map(({ digest }) => rows.find((row) => row.digest === digest)!);
  });
}

async function depths(test: TestTransfers, file: StoredFile): Promise<readonly number[]> {
  return (await chunksOf(test, file)).map(({ chainDepth }) => chainDepth);
}

/** Collects all that is unused, as after some hours. */
async function collectAll(test: TestTransfers): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    test.advanceMs(6 * 3_600_000);
    await collect(test.context, { signal: never, graceMs: 0, everyMs: 0 });
  }
}

test("each checkpoint becomes the difference to the next, the newest stays by itself, and all read as before", async () => {
  await using test = await openTransfers();
  const { run, failed } = job(test);
  const files: StoredFile[] = [];
  for (let step = 0; step <= MAX_BUILT_DEPTH + 1; step += 1) {
    files.push(await commit(test, step));
    expect(await run(never)).toMatchObject({ files: 1 });
    expect(await test.context.metadata.read((tx) => tx.encodings.waiting(nowOf(test)))).toEqual({
      files: 0,
      rebases: 0,
    });
  }
  expect(failed).toEqual([]);
  expect(await Promise.all(files.map((file) => depths(test, file)))).toEqual(
    [5, 4, 3, 2, 1, 0, 0].map((depth) => [depth, depth, depth]),
  );
  const oldest = await chunksOf(test, files[0]!);
  expect(oldest.map(({ encoding }) => encoding)).toEqual(oldest.map(() => "delta-grouped-zstd"));
  expect(oldest[0]?.storedBytes).toBeLessThan(CHUNK_BYTES / 2);
  for (const [step, file] of files.entries()) {
    const bytes = weights(step);
    expect(Buffer.from(await test.read(file)).equals(bytes)).toBe(true);
    for (const [offset, length] of [
      [399_990, 20],
      [0, 1],
      [1_199_999, 1],
      [123_456, 654_321],
    ] as const)
      expect(await test.read(file, offset, length)).toEqual(bytes.slice(offset, offset + length));
  }
  const rows = (await Promise.all(files.map((file) => chunksOf(test, file)))).flat();
  const { storedBytes } = await test.context.metadata.read((tx) => tx.chunks.totals());
  expect(storedBytes).toBe(rows.reduce((sum, row) => sum + row.storedBytes, 0));
  await collectAll(test);
  expect(await test.objects()).toHaveLength(rows.length);
});

test("what was read without room in memory is right, too", async () => {
  await using test = await openTransfers();
  const first = await commit(test, 0);
  await commit(test, 1);
  await job(test).run(never);
  const { kept } = test.transfers;
  while (kept.take(100_000));
  expect(await test.read(first, 100_000, 700_000)).toEqual(weights(0).slice(100_000, 800_000));
});

test("a base is collected once what builds on it was stored without it", async () => {
  await using test = await openTransfers();
  const { run } = job(test);
  const files = [await commit(test, 0), await commit(test, 1), await commit(test, 2)];
  await run(never);
  expect(await depths(test, files[0]!)).toEqual([2, 2, 2]);
  await deleteCheckpoint(test.context, everybody, {
    checkpoint: { type: "path", experiment: EXPERIMENT, name: "step-2" },
    recursive: false,
    etag: "",
    requestId: "",
  });
  await collectAll(test);
  expect((await test.context.metadata.read((tx) => tx.encodings.waiting(nowOf(test)))).rebases).toBe(3);
  expect(await run(never)).toMatchObject({ rebases: 3 });
  expect(await depths(test, files[1]!)).toEqual([0, 0, 0]);
  expect(await depths(test, files[0]!)).toEqual([1, 1, 1]);
  await collectAll(test);
  expect(await test.objects()).toHaveLength(6);
  expect(Buffer.from(await test.read(files[0]!)).equals(weights(0))).toBe(true);
});

test("a damaged base is never served, nor is what builds on it", async () => {
  await using test = await openTransfers();
  const [first, second] = [await commit(test, 0), await commit(test, 1)];
  await job(test).run(never);
  const base = (await chunksOf(test, second))[0]!;
  const path = join(test.folder, base.objectKey);
  const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
  bytes[bytes.length - 100]! ^= 1;
  await writeFile(path, bytes);
  expect(await errorOf(test.read(first))).toMatchObject({ kind: "data_loss" });
  expect(await errorOf(test.read(second))).toMatchObject({ kind: "data_loss" });
  expect((await chunksOf(test, first))[0]?.state).toBe("quarantined");
  expect((await chunksOf(test, second))[0]?.state).toBe("quarantined");
  // The base comes back with the next upload of its bytes, and what builds on it can be read again.
  await commit(test, 1);
  expect(Buffer.from(await test.read(second)).equals(weights(1))).toBe(true);
  expect(Buffer.from(await test.read(first)).equals(weights(0))).toBe(true);
});

test("damaged chunks are left alone", async () => {
  await using test = await openTransfers();
  const file = await commit(test, 0);
  const chunk = (await chunksOf(test, file))[1]!;
  await writeFile(join(test.folder, chunk.objectKey), someBytes(CHUNK_BYTES, 8));
  const { run, failed } = job(test);
  expect(await run(never)).toMatchObject({ files: 1 });
  expect(failed).toEqual([chunk.digest]);
  expect((await chunksOf(test, file))[1]).toEqual(chunk);
});

test("a process that ends at any step leaves all files readable, and the next goes on", async () => {
  for (let steps = 0; ; steps += 1) {
    await using test = await openTransfers();
    const small = (step: number) => weights(step, 70_000);
    const files = [await commit(test, 0, small(0)), await commit(test, 1, small(1))];
    const isDone = await job(test, killedAfter(test.context, steps))
      .run(never)
      .then(
        () => true,
        () => false,
      );
    for (const [step, file] of files.entries())
      expect(Buffer.from(await test.read(file)).equals(small(step))).toBe(true);
    test.advanceMs(6 * 60_000);
    await job(test).run(never);
    expect(await depths(test, files[0]!)).toEqual([1]);
    await collectAll(test);
    test.advanceMs(48 * 3_600_000);
    await collectAll(test);
    expect(await test.objects()).toHaveLength(2);
    if (isDone) return;
  }
}, 120_000);

/** A process that is gone after so many steps on the database and the store, each before or after it was done. */
function killedAfter(context: ServiceContext, steps: number): ServiceContext {
  let left = steps;
  const stepwise = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        return async (...values: unknown[]) => {
          if (left-- <= 0) throw new Error("killed");
          const result: unknown = await value.apply(object, values);
          if (left-- <= 0) throw new Error("killed");
          return result;
        };
      },
    });
  return { ...context, metadata: stepwise(context.metadata), blobs: stepwise(context.blobs) };
}

test("a checkpoint stays as it came for a while, and is never stored by itself when a next one comes", async () => {
  await using test = await openTransfers();
  const { run, failed } = job(test, test.context, 600_000);
  const formsOf = async (file: StoredFile) =>
    new Set((await chunksOf(test, file)).map((one) => one.encoding));
  // Of two bytes, so that they are smaller by themselves too.
  const small = (step: number) =>
    new Uint8Array(Int32Array.from(new Int32Array(weights(step).buffer), (value) => value >> 16).buffer);
  const first = await commit(test, 0, small(0));
  expect(await run(never)).toMatchObject({ files: 1 });
  expect(await formsOf(first)).toEqual(new Set(["raw"]));
  // It waits, and is no work.
  expect(await test.context.metadata.read((tx) => tx.encodings.waiting(nowOf(test)))).toMatchObject({
    files: 0,
  });
  expect(await run(never)).toMatchObject({ files: 0 });
  test.advanceMs(300_000);
  const second = await commit(test, 1, small(1000));
  expect(await run(never)).toMatchObject({ files: 1 });
  expect(await formsOf(first)).toEqual(new Set(["delta-grouped-zstd"]));
  expect(await formsOf(second)).toEqual(new Set(["raw"]));
  // Its own time is over: nothing is left to do of it.
  test.advanceMs(301_000);
  expect(await run(never)).toMatchObject({ files: 1 });
  expect(await formsOf(second)).toEqual(new Set(["raw"]));
  test.advanceMs(300_000);
  expect(await run(never)).toMatchObject({ files: 1 });
  expect(await formsOf(second)).toEqual(new Set(["grouped-zstd"]));
  expect(await depths(test, first)).toEqual([1, 1, 1]);
  expect(Buffer.from(await test.read(first)).equals(small(0))).toBe(true);
  expect(Buffer.from(await test.read(second)).equals(small(1000))).toBe(true);
  expect(failed).toEqual([]);
  test.advanceMs(3_600_000);
  expect(await run(never)).toEqual({ files: 0, rebases: 0 });
});
