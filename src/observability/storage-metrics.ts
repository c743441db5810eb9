import { Gauge, type Registry } from "prom-client";

const MICROS_PER_SECOND = 1_000_000;

/** What all files take in the blob store, which is measured now and then. */
export interface MeasuredStorage {
  /** Microseconds since 1970, UTC. */
  readonly measuredAt: number;
  readonly used: { readonly sizeBytes: number; readonly storedBytes: number };
  readonly unusedBytes: number;
  readonly condemnedBytes: number;
  readonly deadPackBytes: number;
  readonly doomedBytes: number;
}

/** Adds what is measured now and then to the metrics; returns how to set it. Nothing is there before the first time. */
export function storageGauges(registry: Registry): (storage: MeasuredStorage) => void {
  let gauges: ReturnType<typeof createGauges> | undefined;
  return ({ measuredAt, used, ...rest }) => {
    gauges ??= createGauges(registry);
    gauges.distinct.set(used.sizeBytes);
    gauges.bytes.set({ state: "used" }, used.storedBytes);
    gauges.bytes.set({ state: "unused" }, rest.unusedBytes);
    gauges.bytes.set({ state: "condemned" }, rest.condemnedBytes);
    gauges.bytes.set({ state: "dead_pack" }, rest.deadPackBytes);
    gauges.bytes.set({ state: "doomed" }, rest.doomedBytes);
    gauges.measured.set(measuredAt / MICROS_PER_SECOND);
  };
}

function createGauges(registry: Registry) {
  const registers = [registry];
  return {
    distinct: new Gauge({
      name: "modelbox_storage_distinct_bytes",
      help: "Sizes of the distinct chunks that files have, before encoding.",
      registers,
    }),
    bytes: new Gauge({
      name: "modelbox_storage_bytes",
      help: "What chunks and objects take in the blob store, by what they are there for; together it is all.",
      labelNames: ["state"],
      registers,
    }),
    measured: new Gauge({
      name: "modelbox_storage_measured_timestamp_seconds",
      help: "When modelbox_storage_bytes was measured.",
      registers,
    }),
  };
}
