import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { until } from "../../../test/support/server.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { deleteArtifact } from "../artifacts/delete.ts";
import { collect } from "../collection/collect.ts";
import { JUDGE_WAIT_MS, READER_GRACE_MS } from "../collection/limits.ts";
import { surveyStorage, StorageSurveys, type StorageSurvey } from "./survey.ts";

const MINUTE_MS = 60_000;

function bytesBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** A survey, which must add up to what is in the folder. */
async function survey({ context, folder }: TestTransfers): Promise<StorageSurvey> {
  const found = await surveyStorage(context);
  expect(found.totalBytes).toBe(bytesBelow(folder));
  return found;
}

test("a survey adds up to the folder, through all that collection does to a deleted file", async () => {
  await using opened = await openTransfers();
  const { context } = opened;
  const run = () => collect(context, { signal: new AbortController().signal, graceMs: 0 });
  const kept = await opened.store("kept", someBytes(300_000, 1), { chunkBytes: 100_000 });
  const gone = await opened.store("gone", someBytes(250_000, 2), { chunkBytes: 100_000 });
  expect((await survey(opened)).used).toEqual({ count: 6, sizeBytes: 550_000, storedBytes: 550_000 });
  await deleteArtifact(context, everybody, { artifact: gone.artifactId, requestId: "" });
  expect(await survey(opened)).toMatchObject({ unusedBytes: 250_000, condemnedBytes: 0 });
  opened.advanceMs(MINUTE_MS);
  await run();
  expect(await survey(opened)).toMatchObject({ unusedBytes: 0, condemnedBytes: 250_000, doomedBytes: 0 });
  opened.advanceMs(JUDGE_WAIT_MS + MINUTE_MS);
  await run();
  expect(await survey(opened)).toMatchObject({ condemnedBytes: 0, doomedBytes: 250_000 });
  opened.advanceMs(READER_GRACE_MS + MINUTE_MS);
  await run();
  expect(await survey(opened)).toMatchObject({ doomedBytes: 0, totalBytes: kept.sizeBytes });
});

test("those who ask at once share a survey, and metrics get each", async () => {
  await using opened = await openTransfers();
  await opened.store("file", someBytes(1_000, 1));
  const measured: StorageSurvey[] = [];
  const surveys = new StorageSurveys(opened.context, (found) => void measured.push(found));
  const [first, second] = await Promise.all([surveys.recent(), surveys.recent()]);
  expect(second).toBe(first);
  // A quick one is made again for everybody, and for metrics only when it is old.
  expect(await surveys.recent()).not.toBe(first);
  const { signal } = new AbortController();
  expect(await surveys.refresh(MINUTE_MS, signal)).toBe(false);
  // Once it has rested.
  await until("survey to be due", async () => ((await surveys.refresh(0, signal)) ? true : undefined));
  expect(measured.map((one) => one.totalBytes)).toEqual([1_000, 1_000, 1_000]);
});
