import { expect, test } from "bun:test";
import { MAX_PAGE_BYTES } from "../domain/limits.ts";
import { everybody, openServices } from "../../test/support/rpc.ts";
import { listChanges } from "./changes/list.ts";
import { createExperiment } from "./experiments/create.ts";
import { listExperiments } from "./experiments/list.ts";
import { listMetricPoints } from "./metrics/list.ts";
import { logMetrics } from "./metrics/log.ts";
import { roughBytes } from "./rough-bytes.ts";

const COUNT = 60;
const WIDE = "x".repeat(16_000);

/** Experiments of a quarter of a mebibyte each. */
async function withWideExperiments() {
  const services = await openServices();
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, WIDE]));
  const fields = { owner: "", externalId: "", framework: "", description: "", labels, requestId: "" };
  for (let index = 0; index < COUNT; index += 1) {
    await createExperiment(services.service, everybody, { ...fields, namespace: "n", name: `e${index}` });
  }
  return services;
}

test("a page of large objects ends early, and the pages make up the whole list", async () => {
  await using services = await withWideExperiments();
  const names: string[] = [];
  let pageToken = "";
  let pages = 0;
  do {
    const input = { namespace: "n", pageSize: 1_000, pageToken, filter: "", orderBy: "created_at" };
    const page = await listExperiments(services.service, everybody, input);
    expect(roughBytes(page.items)).toBeLessThan(MAX_PAGE_BYTES + 1_000);
    expect(page.incomplete).toBe(false);
    names.push(...page.items.map((one) => one.name));
    pageToken = page.nextPageToken;
    pages += 1;
  } while (pageToken !== "");
  expect(names).toEqual(Array.from({ length: COUNT }, (_, index) => `e${index}`));
  expect(pages).toBeGreaterThan(4);
});

test("a page of large changes ends early, and the pages make up the whole log", async () => {
  await using services = await withWideExperiments();
  const seen: number[] = [];
  let pageToken = "";
  do {
    const input = { namespace: "n", afterSequence: 0, kinds: [], pageSize: 1_000, pageToken };
    const page = await listChanges(services.service, everybody, input);
    expect(roughBytes(page.changes)).toBeLessThan(MAX_PAGE_BYTES + 1_000);
    seen.push(...page.changes.map((one) => one.sequence));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen).toEqual(Array.from({ length: COUNT + 1 }, (_, index) => index + 1));
});

test("a page of long metric texts ends early, and the pages make up all points", async () => {
  await using services = await openServices();
  await services.clients.experiments.createExperiment({ namespace: "n", name: "e" });
  const object = { kind: "experiment", reference: { type: "path", namespace: "n", name: "e" } } as const;
  const text = "x".repeat(60_000);
  const points = Array.from({ length: 100 }, (_, step) => ({
    key: "log",
    step: BigInt(step),
    wallTime: undefined,
    value: text,
  }));
  await logMetrics(services.service, everybody, { object, points, fence: undefined, requestId: "" });
  const steps: bigint[] = [];
  const all = { object, key: undefined, minStep: undefined, maxStep: undefined, pageSize: 10_000 };
  let pageToken = "";
  do {
    const page = await listMetricPoints(services.service, everybody, { ...all, pageToken });
    expect(page.points.length).toBeWithin(1, 60);
    steps.push(...page.points.map((one) => one.step));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(steps).toEqual(points.map((one) => one.step));
});
