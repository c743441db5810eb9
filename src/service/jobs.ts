import { hostname } from "node:os";
import type { Job } from "../domain/entities.ts";
import type { ServiceContext } from "./context.ts";

/** How long a job is given to a process at a time. When that dies, another goes on after so long. */
const HOLD_MS = 5 * 60_000;

/** The job was taken over: this process was away for too long. */
export class JobLostError extends Error {
  override readonly name = "JobLostError";
}

/** A job that this process does now. */
export interface HeldJob {
  /** As it was when this process took it: `position` is where to go on. */
  readonly job: Job;
  /** Notes how far the job is. To be called often, at least twice in five minutes: it keeps the job. Throws JobLostError. */
  advance(position: string): Promise<void>;
}

export interface JobOptions {
  readonly name: string;
  /** How long after its last end the job is due again; 0: now. One that was not finished is due at once. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/**
 * Does a job unless it is not due, or another server does it; then it is undefined. What `work` returns becomes the result;
 * when it throws, or the signal ends it early (it returns undefined then), the job goes on later where it was.
 */
export async function runJob<T extends object>(
  context: ServiceContext,
  { name, everyMs, signal }: JobOptions,
  work: (held: HeldJob) => Promise<T | undefined>,
): Promise<T | undefined> {
  const { metadata, clock } = context;
  if (signal.aborted || !isDue(await metadata.read((tx) => tx.jobs.get(name)), clock.nowMicros(), everyMs))
    return undefined;
  const holder = `${hostname().slice(0, 64)}:${process.pid}:${crypto.randomUUID()}`;
  const hold = () =>
    metadata.write((tx) => {
      const now = clock.nowMicros();
      return tx.jobs.hold(name, holder, now, now + HOLD_MS * 1000);
    });
  const job = await hold();
  if (job === undefined) return undefined;
  let done: { readonly at: number; readonly result: string } | undefined;
  try {
    // Another server may have done it since.
    if (!isDue(job, clock.nowMicros(), everyMs)) return undefined;
    const result = await work({
      job,
      async advance(position) {
        const isHeld = await metadata.write(async (tx) => {
          const now = clock.nowMicros();
          if ((await tx.jobs.hold(name, holder, now, now + HOLD_MS * 1000)) === undefined) return false;
          return tx.jobs.advance(name, holder, position);
        });
        if (!isHeld) throw new JobLostError(`the job ${name} was taken over`);
      },
    });
    if (result !== undefined) done = { at: clock.nowMicros(), result: JSON.stringify(result) };
    return result;
  } finally {
    await metadata.write((tx) => tx.jobs.release(name, holder, done));
  }
}

function isDue(job: Job | undefined, now: number, everyMs: number): boolean {
  return job === undefined || job.position !== "" || now - job.finishedAt >= everyMs * 1000;
}
