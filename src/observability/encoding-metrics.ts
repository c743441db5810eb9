import { Counter, Gauge, type Registry } from "prom-client";

/** What encoding at rest adds to the metrics. */
export interface EncodingMetrics {
  encoded(chunk: { readonly encoding: string; readonly before: number; readonly after: number }): void;
  failed(): void;
  worked(seconds: number): void;
  waiting(queues: { readonly files: number; readonly rebases: number }): void;
}

/** Adds the metrics of encoding at rest. */
export function addEncodingMetrics(registry: Registry): EncodingMetrics {
  const registers = [registry];
  const labelNames = ["encoding"];
  const chunks = new Counter({
    name: "modelbox_encoded_chunks_total",
    help: "Chunks that this process stored in another form, by that form.",
    labelNames,
    registers,
  });
  const before = new Counter({
    name: "modelbox_encoding_read_bytes_total",
    help: "Stored bytes of these chunks before.",
    labelNames,
    registers,
  });
  const after = new Counter({
    name: "modelbox_encoding_written_bytes_total",
    help: "Stored bytes of these chunks afterwards.",
    labelNames,
    registers,
  });
  const failures = new Counter({
    name: "modelbox_encoding_failures_total",
    help: "Chunks that stayed as they were: their bytes are damaged, or the new form could not be read back.",
    registers,
  });
  const seconds = new Counter({
    name: "modelbox_encoding_seconds_total",
    help: "Time that threads took to encode.",
    registers,
  });
  const waiting = new Gauge({
    name: "modelbox_encoding_waiting",
    help: "Files whose chunks are to be encoded, and chunks that must lose their base.",
    labelNames: ["queue"],
    registers,
  });
  return {
    encoded(chunk) {
      const { encoding } = chunk;
      chunks.inc({ encoding });
      before.inc({ encoding }, chunk.before);
      after.inc({ encoding }, chunk.after);
    },
    failed: () => failures.inc(),
    worked: (time) => seconds.inc(time),
    waiting({ files, rebases }) {
      waiting.set({ queue: "files" }, files);
      waiting.set({ queue: "rebases" }, rebases);
    },
  };
}
