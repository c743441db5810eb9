import type { Logger } from "../observability/logger.ts";

/** Work that is done again and again in the background, in bounded steps. */
export interface Job {
  readonly name: string;
  readonly intervalMs: number;
  /** One run; ends early when the signal is aborted. Returns counts of what it did, for the log. */
  run(signal: AbortSignal): Promise<Readonly<Record<string, number>>>;
}

/** A failure that stays the same is logged once in this time: a storage that is down would fill the log. */
const SAME_FAILURE_MS = 60_000;

/**
 * Runs each job every `intervalMs`, never two runs of one job at once, and none while `check` throws: what is down, or
 * being filled from elsewhere, is left alone. Dispose it to stop them: it waits for their ends.
 */
export function startJobs(
  jobs: readonly Job[],
  log: Logger,
  check: () => Promise<void> = async () => undefined,
): AsyncDisposable {
  const stop = new AbortController();
  const loops = jobs.map((job) => loop(job, check, stop.signal, log));
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

async function loop(job: Job, check: () => Promise<void>, signal: AbortSignal, log: Logger): Promise<void> {
  let failure = { message: "", at: 0 };
  for (;;) {
    await pause(job.intervalMs, signal);
    if (signal.aborted) return;
    try {
      await check();
      const done = await job.run(signal);
      failure = { message: "", at: 0 };
      if (Object.values(done).some((count) => count > 0)) log.info({ job: job.name, ...done }, "job");
    } catch (error) {
      // The next run may do better; what is left over does no harm meanwhile.
      const message = error instanceof Error ? error.message : String(error);
      const now = performance.now();
      if (message === failure.message && now - failure.at < SAME_FAILURE_MS) continue;
      failure = { message, at: now };
      log.error({ job: job.name, err: error }, "job failed");
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
