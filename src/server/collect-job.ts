import { collect } from "../service/collection/collect.ts";
import type { TransferLoad } from "../service/blobs/transfers.ts";
import { configuredGraceMs } from "./collection.ts";
import type { AppContext } from "./context.ts";
import type { Job } from "./jobs.ts";

/** How often condemned chunks and doomed objects are looked at; all chunks are as often as the configuration says. */
const SWEEP_INTERVAL_MS = 5 * 60_000;
/** How long collection waits after each transaction, at most, while somebody uploads or downloads. */
const BUSY_PAUSE_MS = 200;
const LOOK_AGAIN_MS = 20;
const MINUTE_MS = 60_000;

/** Collects in the background what nothing uses any more. */
export function collectJob(context: AppContext, load: TransferLoad): Job {
  const { config, log, metrics } = context;
  return {
    name: "collect",
    intervalMs: SWEEP_INTERVAL_MS,
    async run(signal) {
      const collected = await collect(context, {
        signal,
        graceMs: configuredGraceMs(config),
        everyMs: config.collection.intervalMinutes * MINUTE_MS,
        pause: () => stepAside(load, signal),
      });
      const { unused, orphans, spared, removed, deleted, undeleted, waiting } = collected;
      if (undeleted.count > 0)
        log.error({ err: undeleted.error, objects: undeleted.count }, "objects could not be deleted");
      metrics.collected({
        condemned: unused.total,
        orphaned: orphans,
        removed: removed.total,
        deleted,
        waiting,
      });
      return {
        condemned: unused.total.count,
        condemnedBytes: unused.total.bytes,
        spared,
        removed: removed.total.count,
        removedBytes: removed.total.bytes,
        deletedObjects: deleted.count + orphans.count,
        deletedBytes: deleted.bytes + orphans.bytes,
      };
    },
  };
}

async function stepAside(load: TransferLoad, signal: AbortSignal): Promise<void> {
  for (
    let waitedMs = 0;
    load.isBusy && !signal.aborted && waitedMs < BUSY_PAUSE_MS;
    waitedMs += LOOK_AGAIN_MS
  )
    await Bun.sleep(LOOK_AGAIN_MS);
}
