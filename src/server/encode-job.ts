import type { TransferLoad } from "../service/blobs/transfers.ts";
import { encodingJob } from "../service/encoding/encode-pending.ts";
import type { AppContext } from "./context.ts";
import type { Job } from "./jobs.ts";

/** How long a committed file waits at least. */
const ENCODE_INTERVAL_MS = 2_000;

/** Stores chunks in smaller forms in the background. */
export function encodeJob(context: AppContext, load: TransferLoad): Job {
  const { config, log, metrics } = context;
  const { workers, cpuPercent, restMinutes } = config.encoding;
  const run = encodingJob(context, {
    workers,
    cpuPercent,
    restMs: restMinutes * 60_000,
    load,
    observer: {
      encoded: (chunk) => metrics.encoding.encoded(chunk),
      worked: (seconds) => metrics.encoding.worked(seconds),
      failed(digest, problem) {
        metrics.encoding.failed();
        log.error({ digest, problem }, "chunk can't be encoded");
      },
    },
  });
  return {
    name: "encode",
    intervalMs: ENCODE_INTERVAL_MS,
    async run(signal) {
      const done = await run(signal);
      const now = context.clock.nowMicros();
      metrics.encoding.waiting(await context.metadata.read((tx) => tx.encodings.waiting(now)));
      return done;
    },
  };
}
