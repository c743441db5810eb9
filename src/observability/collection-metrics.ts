import { Counter, Gauge, type Registry } from "prom-client";

interface Sum {
  readonly count: number;
  readonly bytes: number;
}

/** What a run of the collection has done, and what is left to do. */
export interface CollectionRun {
  readonly condemned: Sum;
  readonly orphaned: Sum;
  readonly removed: Sum;
  readonly deleted: Sum;
  readonly waiting: { readonly condemned: Sum; readonly doomed: Sum };
}

/** Adds the metrics of collection; what it returns is to be called with each run. */
export function addCollectionMetrics(registry: Registry): (run: CollectionRun) => void {
  const registers = [registry];
  const count = new Counter({
    name: "modelbox_collected_total",
    help: "Chunks that collection condemned and removed, and objects that it deleted; orphaned: objects without a chunk.",
    labelNames: ["step"],
    registers,
  });
  const bytes = new Counter({
    name: "modelbox_collected_bytes_total",
    help: "Stored bytes of these.",
    labelNames: ["step"],
    registers,
  });
  const waiting = new Gauge({
    name: "modelbox_collection_waiting_bytes",
    help: "Stored bytes of condemned chunks and of objects that wait for their readers, after the last run.",
    labelNames: ["state"],
    registers,
  });
  const last = new Gauge({
    name: "modelbox_collection_last_run_timestamp_seconds",
    help: "When this process last ended a run of the collection without an error.",
    registers,
  });
  return (run) => {
    for (const step of ["condemned", "orphaned", "removed", "deleted"] as const) {
      count.inc({ step }, run[step].count);
      bytes.inc({ step }, run[step].bytes);
    }
    waiting.set({ state: "condemned" }, run.waiting.condemned.bytes);
    waiting.set({ state: "doomed" }, run.waiting.doomed.bytes);
    last.setToCurrentTime();
  };
}
