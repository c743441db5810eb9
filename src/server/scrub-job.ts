import type { Transfers } from "../service/blobs/transfers.ts";
import { JobLostError } from "../service/jobs.ts";
import { scrub, SCRUB_JOB } from "../service/scrub/scrub.ts";
import type { AppContext } from "./context.ts";
import type { Job } from "./jobs.ts";

/** How often it is looked whether the scrub is due. */
const CHECK_INTERVAL_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const BYTES_PER_MIB = 1024 * 1024;

/** Reads in the background all that is stored, to find damage before somebody needs the bytes. */
export function scrubJob({ config, log, metrics, metadata }: AppContext, transfers: Transfers): Job {
  const { periodDays, maxMibPerSecond } = config.scrub;
  return {
    name: SCRUB_JOB,
    intervalMs: CHECK_INTERVAL_MS,
    async run(signal) {
      try {
        const done = await scrub(transfers, {
          signal,
          everyMs: periodDays * DAY_MS,
          bytesPerSecond: maxMibPerSecond * BYTES_PER_MIB,
          onRead: (bytes) => metrics.scrubbed(bytes),
        });
        const job = await metadata.read((tx) => tx.jobs.get(SCRUB_JOB));
        metrics.scrubFinished(job?.finishedAt ?? 0);
        return { ...done };
      } catch (error) {
        if (!(error instanceof JobLostError)) throw error;
        log.warn({ err: error }, "another server goes on with the scrub");
        return {};
      }
    },
  };
}
