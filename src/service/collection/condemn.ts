import type { ServiceContext } from "../context.ts";
import { CHUNKS_PER_PAGE } from "./limits.ts";
import type { Tally } from "./tally.ts";

export interface WalkOptions {
  /** How old unused chunks are at least. */
  readonly graceMs: number;
  /** True: nothing is changed. */
  readonly dryRun: boolean;
  /** A digest: the walk goes on after it. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  /** Called after each page with the digest to go on after; may wait until others need the machine less. */
  readonly onPage: (after: string) => Promise<void>;
}

/**
 * The first phase: looks at every chunk, and condemns those that nothing uses. One that others build on must wait until
 * they are stored without it, which this asks for. False when the signal ended it early.
 */
export async function condemnUnused(
  { metadata, clock }: ServiceContext,
  tally: Tally,
  { graceMs, dryRun, signal, onPage, ...options }: WalkOptions,
): Promise<boolean> {
  let { after } = options;
  for (;;) {
    if (signal.aborted) return false;
    const from = after;
    const before = clock.nowMicros() - graceMs * 1000;
    const page = dryRun
      ? await metadata.read((tx) => tx.garbage.unused(from, before, CHUNKS_PER_PAGE))
      : await metadata.write(async (tx) => {
          const found = await tx.garbage.unused(from, before, CHUNKS_PER_PAGE);
          const bases = found.items.filter(({ isBase }) => isBase).map(({ chunk }) => chunk.digest);
          const free = found.items.filter(({ isBase }) => !isBase).map(({ chunk }) => chunk);
          if (bases.length > 0) await tx.garbage.requestRebases(bases);
          if (free.length > 0) await tx.garbage.condemn(free, clock.nowMicros());
          return found;
        });
    tally.add(page.items.map(({ chunk }) => chunk));
    if (page.next === undefined) return true;
    after = page.next;
    await onPage(after);
  }
}
