import type { Chunk } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { readRight, type ChunkProblem } from "../blobs/right-bytes.ts";
import type { Transfers } from "../blobs/transfers.ts";
import { chunkPages } from "../fsck/chunk-pages.ts";
import { runJob, type HeldJob } from "../jobs.ts";
import { Pace } from "./pace.ts";

/** The name of the job: its row says how far it is, and when it was last done. */
export const SCRUB_JOB = "scrub";
/** How often the position is noted. */
const NOTE_MS = 30_000;

/** What was read since the beginning of the walk, by whichever server. */
export interface Scrubbed {
  readonly chunks: number;
  readonly bytes: number;
  /** Chunks whose bytes were damaged or missing. */
  readonly corrupt: number;
  /** Chunks that could not be read, though the store could. */
  readonly failed: number;
}

export interface ScrubOptions {
  readonly signal: AbortSignal;
  /** How long after the last walk over everything the next one is due. */
  readonly everyMs: number;
  readonly bytesPerSecond: number;
  /** Told of bytes as they are read. */
  readonly onRead?: (bytes: number) => void;
}

/** Where a walk is: the last digest, and what was read up to there. */
interface Position extends Scrubbed {
  readonly after: string;
}

/**
 * Reads every chunk that there is and compares it with its digest, if that is due: one server at a time, slowly, and not while
 * somebody uploads or downloads. Damaged chunks are quarantined. Undefined when it is not due, or was ended early: then it
 * goes on later where it was.
 */
export function scrub(transfers: Transfers, options: ScrubOptions): Promise<Scrubbed | undefined> {
  const { signal, everyMs } = options;
  return runJob(transfers.context, { name: SCRUB_JOB, everyMs, signal }, (held) =>
    walk(transfers, held, options),
  );
}

async function walk(
  transfers: Transfers,
  held: HeldJob,
  { signal, bytesPerSecond, onRead }: ScrubOptions,
): Promise<Scrubbed | undefined> {
  const { metadata } = transfers.context;
  const { after, ...sums } = positionOf(held.job.position);
  const done = { ...sums };
  const pace = new Pace(bytesPerSecond, transfers.load, signal);
  let noteAtMs = performance.now() + NOTE_MS;
  let last = after;
  const note = (): Promise<void> => held.advance(JSON.stringify({ after: last, ...done }));
  for await (const page of chunkPages(metadata, after === "" ? undefined : after)) {
    for (const chunk of page) {
      if (signal.aborted) break;
      if (chunk.state === "stored") {
        const found = await check(transfers, chunk);
        done.chunks += 1;
        done.bytes += chunk.storedBytes;
        if (found === "failed") done.failed += 1;
        else if (found !== undefined) done.corrupt += 1;
        onRead?.(chunk.storedBytes);
        await pace.after(chunk.storedBytes);
      }
      last = chunk.digest;
      if (performance.now() < noteAtMs) continue;
      noteAtMs = performance.now() + NOTE_MS;
      await note();
    }
    if (!signal.aborted) continue;
    await note();
    return undefined;
  }
  return done;
}

/** Text that a walk has written, or "" at the beginning. */
function positionOf(text: string): Position {
  const beginning = { after: "", chunks: 0, bytes: 0, corrupt: 0, failed: 0 };
  return text === "" ? beginning : { ...beginning, ...(JSON.parse(text) as Partial<Position>) };
}

async function check(transfers: Transfers, seen: Chunk): Promise<ChunkProblem | "failed" | undefined> {
  const { context, notes, observer } = transfers;
  let chunk = seen;
  let problem = await problemOf(transfers, chunk);
  if (problem !== undefined) {
    // It may have been moved, or deleted, since its row was read.
    const [latest] = await context.metadata.read((tx) => tx.chunks.getMany([seen.digest]));
    if (latest?.state !== "stored") return undefined;
    chunk = latest;
    problem = await problemOf(transfers, chunk);
  }
  if (problem === undefined || problem === "failed") return problem;
  notes.delete(chunk.objectKey);
  observer.corruptChunk({ chunk, problem });
  await context.metadata.write((tx) => tx.chunks.quarantine(chunk.digest, chunk.generation));
  return problem;
}

async function problemOf({ context }: Transfers, chunk: Chunk): Promise<ChunkProblem | "failed" | undefined> {
  try {
    const read = await readRight(context, chunk);
    if (read.bytes !== undefined) releaseBytes(read.bytes);
    return read.problem;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // One bad sector must not keep the rest from being read; a store that is away ends the run.
    await context.blobs.check();
    return "failed";
  }
}
