import type { Sum } from "../../domain/background-work.ts";
import type { ServiceContext } from "../context.ts";
import { JobLostError, runJob } from "../jobs.ts";
import { condemnUnused } from "./condemn.ts";
import { DEFAULT_GRACE_MS } from "./limits.ts";
import { Undeleted } from "./delete-objects.ts";
import { deleteOrphans } from "./orphans.ts";
import { repack } from "./repack.ts";
import { sweep } from "./sweep.ts";
import { NOTHING, Tally } from "./tally.ts";

const WALK_JOB = "gc";
/** Removes what was condemned. */
export const SWEEP_JOB = "gc-sweep";

/** What a run has done, or, of a dry run, would have. Chunks count with their stored bytes. */
export interface Collected {
  /** Chunks that nothing uses: condemned now. */
  readonly unused: Tally;
  /** Packs of which little was used: packed anew, with the bytes in them that nothing uses. */
  readonly repacked: Sum;
  /** Objects that were stored and never named. */
  readonly orphans: Sum;
  /** Condemned before, and in use again. */
  readonly spared: number;
  /** Condemned before, and gone now. */
  readonly removed: Tally;
  /** Objects that were deleted. */
  readonly deleted: Sum;
  /** How many objects could not be deleted, and why the first could not. The next run tries again. */
  readonly undeleted: { readonly count: number; readonly error: unknown };
  /** What is still to come: condemned chunks, and objects that wait for their readers. */
  readonly waiting: { readonly condemned: Sum; readonly doomed: Sum };
  /** False when the signal, or another server, ended it early. */
  readonly isComplete: boolean;
}

export interface CollectOptions {
  readonly signal: AbortSignal;
  /** How old unused chunks are at least. Default: an hour. */
  readonly graceMs?: number;
  /** True: nothing is changed. Default: false. */
  readonly dryRun?: boolean;
  /** How long after the last walk over all chunks the next one is due. Default: 0, now. */
  readonly everyMs?: number;
  /** Called between transactions; may wait until others need the machine less. */
  readonly pause?: () => Promise<void>;
}

/**
 * Collects what nothing uses, as far as it is due: a walk over all chunks and objects finds it, and later sweeps remove it.
 * One server at a time does each; a walk that was interrupted goes on where it was.
 */
export async function collect(
  context: ServiceContext,
  { signal, graceMs = DEFAULT_GRACE_MS, dryRun = false, everyMs = 0, pause = async () => {} }: CollectOptions,
): Promise<Collected> {
  const unused = new Tally();
  const undeleted = new Undeleted();
  const walk = { graceMs, dryRun, signal };
  let repacked = NOTHING;
  let orphans = NOTHING;
  let swept = { spared: 0, removed: new Tally(), deleted: NOTHING };
  let isComplete = true;
  if (dryRun) {
    await condemnUnused(context, unused, { ...walk, after: undefined, onPage: pause });
    repacked = await repack(context, { dryRun, signal, onPage: pause });
    orphans = await deleteOrphans(context, { dryRun, signal, undeleted, onPage: pause });
  } else {
    try {
      await runJob(context, { name: SWEEP_JOB, everyMs: 0, signal }, async (held) => {
        swept = await sweep(context, { signal, undeleted, onPage: () => both(held.advance(""), pause) });
        return {};
      });
      const walked = await runJob(context, { name: WALK_JOB, everyMs, signal }, async (held) => {
        const { position } = held.job;
        const after = position === "" ? undefined : position;
        const onPage = (next: string) => both(held.advance(next), pause);
        if (!(await condemnUnused(context, unused, { ...walk, after, onPage }))) return undefined;
        // The last digest: all that is left is the objects.
        const last = "f".repeat(64);
        repacked = await repack(context, { dryRun, signal, onPage: () => both(held.advance(last), pause) });
        orphans = await deleteOrphans(context, {
          dryRun,
          signal,
          undeleted,
          onPage: () => both(held.advance(last), pause),
        });
        return signal.aborted ? undefined : { unused: unused.total, repacked, orphans };
      });
      if (walked === undefined && everyMs === 0) isComplete = false;
    } catch (error) {
      if (!(error instanceof JobLostError)) throw error;
      isComplete = false;
    }
  }
  const waiting = await context.metadata.read((tx) => tx.garbage.waiting());
  return {
    unused,
    repacked,
    orphans,
    ...swept,
    undeleted,
    waiting,
    isComplete: isComplete && !signal.aborted,
  };
}

async function both(kept: Promise<void>, pause: () => Promise<void>): Promise<void> {
  await kept;
  await pause();
}
