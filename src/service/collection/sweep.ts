import type { Sum } from "../../domain/background-work.ts";
import type { ServiceContext } from "../context.ts";
import { deleteObjects, type Undeleted } from "./delete-objects.ts";
import {
  CHUNKS_PER_PAGE,
  JUDGE_WAIT_MS,
  MAX_UNDELETED,
  OBJECTS_PER_LOOKUP,
  READER_GRACE_MS,
} from "./limits.ts";
import { NOTHING, plus, Tally } from "./tally.ts";

/** What a sweep has done. */
export interface Swept {
  /** Condemned chunks that were used again. */
  readonly spared: number;
  /** Chunks that are gone. */
  readonly removed: Tally;
  /** Objects that were deleted. */
  readonly deleted: Sum;
}

export interface SweepOptions {
  readonly signal: AbortSignal;
  readonly undeleted: Undeleted;
  /** Called between transactions: keeps the job, and may wait until others need the machine less. */
  readonly onPage: () => Promise<void>;
}

/**
 * The second phase: condemned chunks that nothing uses still go, and objects that nobody can be reading any more are
 * deleted. It may be stopped at any time, and run again.
 */
export async function sweep(
  context: ServiceContext,
  { signal, undeleted, onPage }: SweepOptions,
): Promise<Swept> {
  const { metadata, clock } = context;
  const removed = new Tally();
  let spared = 0;
  for (let looked = CHUNKS_PER_PAGE; looked === CHUNKS_PER_PAGE && !signal.aborted;) {
    const judged = await metadata.write((tx) => {
      const now = clock.nowMicros();
      return tx.garbage.judge(now - JUDGE_WAIT_MS * 1000, CHUNKS_PER_PAGE, now);
    });
    ({ looked } = judged);
    spared += judged.spared;
    removed.add(judged.removed);
    await onPage();
  }
  let deleted = NOTHING;
  for (let more = true; more && !signal.aborted && undeleted.count < MAX_UNDELETED;) {
    const before = clock.nowMicros() - READER_GRACE_MS * 1000;
    const limit = OBJECTS_PER_LOOKUP + undeleted.count;
    const doomed = await metadata.read((tx) => tx.garbage.doomed(before, limit));
    const due = doomed.filter(({ objectKey }) => !undeleted.has(objectKey));
    await deleteObjects(
      context.blobs,
      due.map(({ objectKey }) => objectKey),
      undeleted,
    );
    const gone = due.filter(({ objectKey }) => !undeleted.has(objectKey));
    if (gone.length > 0)
      await metadata.write((tx) => tx.garbage.forget(gone.map(({ objectKey }) => objectKey)));
    deleted = plus(deleted, {
      count: gone.length,
      bytes: gone.reduce((sum, object) => sum + object.sizeBytes, 0),
    });
    more = doomed.length === limit;
    await onPage();
  }
  return { spared, removed, deleted };
}
