/** Collects once on the database that its argument names, in a process of its own, and prints what that took. */
import { readFileSync } from "node:fs";
import { createMemoryBlobStore } from "../../src/blob/index.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { createLibsqlMetadataStore } from "../../src/metadata/index.ts";
import { collect } from "../../src/service/collection/collect.ts";

/** What a run took. */
export interface CollectRun {
  readonly wallMs: number;
  readonly processorMs: number;
  readonly before: number;
  readonly peak: number;
  readonly condemned: number;
  readonly removed: number;
}

const [path = "", offsetMs = "0"] = process.argv.slice(2);
const real = systemClock();
const clock = { nowMicros: () => real.nowMicros() + Number(offsetMs) * 1000 };
await using metadata = await createLibsqlMetadataStore({ path, clock });
const blobs = createMemoryBlobStore();
const before = memory("VmRSS");
const startedAt = performance.now();
const processorBefore = process.cpuUsage();
const { unused, removed } = await collect(
  { metadata, blobs, clock },
  { signal: new AbortController().signal, graceMs: 0 },
);
const { user, system } = process.cpuUsage(processorBefore);
const result: CollectRun = {
  wallMs: performance.now() - startedAt,
  processorMs: (user + system) / 1000,
  before,
  peak: memory("VmHWM"),
  condemned: unused.total.count,
  removed: removed.total.count,
};
console.log(JSON.stringify(result));

function memory(field: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
}
