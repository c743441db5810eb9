import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { addCollectionMetrics, type CollectionRun } from "./collection-metrics.ts";
import { addEncodingMetrics, type EncodingMetrics } from "./encoding-metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { storageGauges, type MeasuredStorage } from "./storage-metrics.ts";

const SERVICE_METHOD = ["protocol", "service", "method"] as const;
const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];
const STORAGE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Which RPC method or HTTP route a call went to. Only names from the contract: callers can't make up label values. */
export interface CallLabels {
  readonly protocol: "connect" | "grpc" | "grpc-web" | "http";
  readonly service: string;
  readonly method: string;
}

/** What a finished call adds to the metrics. */
export interface FinishedCall extends CallLabels {
  /** A Connect code such as `not_found`, or `ok`. */
  readonly code: string;
  readonly seconds: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** What is stored, for the scrape. */
export interface StoredTotals {
  readonly count: number;
  readonly storedBytes: number;
  readonly fileCount: number;
  readonly fileBytes: number;
}

/** `rolled_back`: the caller's mistake, such as a name that is taken; `error`: the database's. */
export type DatabaseOutcome = "ok" | "rolled_back" | "error";

/** The process's metrics. */
export interface Metrics {
  callStarted(): void;
  callFinished(call: FinishedCall): void;
  /** Watches that are open and uploads that send bytes right now. */
  readonly openWatches: { inc(): void; dec(): void };
  readonly uploads: { inc(): void; dec(): void };
  corruptChunkFound(problem: string): void;
  /** An upload or commit was refused, since its namespace is full. */
  quotaRefused(): void;
  storageMeasured(storage: MeasuredStorage): void;
  collected(run: CollectionRun): void;
  readonly encoding: EncodingMetrics;
  /** For the decorator around the metadata store. */
  observeDatabase(operation: string, outcome: DatabaseOutcome, seconds: number): void;
  /** For the decorator around the blob store. */
  observeBlobStore(operation: string, outcome: "ok" | "absent" | "error", seconds: number): void;
  /** Text in the Prometheus exposition format. */
  scrape(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Stops what measures in the background. */
  close(): void;
}

/** `storedTotals` is asked at each scrape; undefined when nobody knows. */
export function createMetrics(
  storedTotals: () => Promise<StoredTotals | undefined>,
  version: string,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "modelbox_requests_total",
    help: "Finished calls by RPC method or HTTP route and code.",
    labelNames: [...SERVICE_METHOD, "code"],
    registers,
  });
  const seconds = new Histogram({
    name: "modelbox_request_seconds",
    help: "Time from the head of a request to the end of its response; streams for as long as they are open.",
    labelNames: SERVICE_METHOD,
    buckets: CALL_SECONDS,
    registers,
  });
  const running = gauge("modelbox_requests_running", "Calls that are running.");
  const received = counter("modelbox_received_bytes_total", "Bytes of request bodies.");
  const sent = counter("modelbox_sent_bytes_total", "Bytes of response bodies.");
  const openWatches = gauge("modelbox_open_watches", "Change watches that are open.");
  const uploads = gauge("modelbox_uploads_in_progress", "Requests that are sending bytes of files.");
  const database = new Histogram({
    name: "modelbox_database_seconds",
    help: "Time of a metadata transaction, with the wait for its turn.",
    labelNames: ["operation", "outcome"],
    buckets: STORAGE_SECONDS,
    registers,
  });
  const blobStore = new Histogram({
    name: "modelbox_blob_store_seconds",
    help: "Time of an operation on the blob store; a write from its beginning to its commit.",
    labelNames: ["operation", "outcome"],
    buckets: STORAGE_SECONDS,
    registers,
  });
  const corruptChunks = new Counter({
    name: "modelbox_corrupt_chunks_total",
    help: "Stored chunks that were found absent, cut off or changed.",
    labelNames: ["problem"],
    registers,
  });
  const quotaRefusals = new Counter({
    name: "modelbox_quota_refusals_total",
    help: "Uploads and commits that were refused because their namespace has no room.",
    registers,
  });
  const chunks = gauge("modelbox_chunks_stored", "Chunks that are stored.");
  const chunkBytes = gauge("modelbox_chunks_stored_bytes", "Bytes that the stored chunks take.");
  const files = gauge(
    "modelbox_files_stored",
    "Files that are stored, those that share their bytes included.",
  );
  const fileBytes = gauge("modelbox_files_stored_bytes", "Sum of the sizes of the stored files.");
  const measureStorage = storageGauges(registry);
  new Gauge({ name: "modelbox_info", help: "Always 1.", labelNames: ["version"], registers }).set(
    { version },
    1,
  );
  const collected = addCollectionMetrics(registry);
  const closeProcessMetrics = addProcessMetrics(registry);

  return {
    openWatches,
    uploads,
    callStarted: () => running.inc(),
    callFinished(call) {
      const { protocol, service, method } = call;
      running.dec();
      requests.inc({ protocol, service, method, code: call.code });
      seconds.observe({ protocol, service, method }, call.seconds);
      received.inc({ protocol }, call.receivedBytes);
      sent.inc({ protocol }, call.sentBytes);
    },
    quotaRefused: () => quotaRefusals.inc(),
    corruptChunkFound: (problem) => corruptChunks.inc({ problem }),
    storageMeasured: measureStorage,
    collected,
    encoding: addEncodingMetrics(registry),
    observeDatabase: (operation, outcome, time) => database.observe({ operation, outcome }, time),
    observeBlobStore: (operation, outcome, time) => blobStore.observe({ operation, outcome }, time),
    async scrape() {
      const totals = await storedTotals();
      if (totals !== undefined) {
        chunks.set(totals.count);
        chunkBytes.set(totals.storedBytes);
        files.set(totals.fileCount);
        fileBytes.set(totals.fileBytes);
      }
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
    close: closeProcessMetrics,
  };

  function gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers });
  }

  function counter(name: string, help: string): Counter<"protocol"> {
    return new Counter({ name, help, labelNames: ["protocol"], registers });
  }
}
