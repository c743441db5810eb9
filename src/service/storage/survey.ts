import { addChunks, NO_CHUNKS, type ChunkSums } from "../../domain/storage-report.ts";
import type { ServiceContext } from "../context.ts";

/** Chunks that one step counts: some milliseconds, in which an embedded database serves nobody else. */
const CHUNKS_PER_STEP = 2_000;
/** A survey is asked for again at most so often, in times of what it takes: then it takes a twentieth of the time. */
const REST_FACTOR = 20;
/** One that takes less is made for everybody who asks. */
const QUICK_MS = 500;

/** What the chunks of the whole server are and take. Bytes add up to what the objects of the blob store have. */
export interface StorageSurvey {
  readonly measuredAt: number;
  /** By namespace, the distinct chunks of its files. */
  readonly namespaces: ReadonlyMap<string, ChunkSums>;
  /** Distinct chunks of all files. */
  readonly used: ChunkSums;
  /** What chunks take that no file has: of running uploads, bases, or for collection to find. */
  readonly unusedBytes: number;
  readonly condemnedBytes: number;
  /** What packs have beside the chunks that are in them. */
  readonly deadPackBytes: number;
  readonly doomedBytes: number;
  readonly totalBytes: number;
}

/**
 * Counts what chunks take: in steps over all of them in the order of their digests, so that each counts once, and
 * nothing but the sums is in memory. What is written meanwhile may be in it or not.
 */
export async function surveyStorage(
  { metadata, clock }: Pick<ServiceContext, "metadata" | "clock">,
  signal?: AbortSignal,
): Promise<StorageSurvey> {
  const measuredAt = clock.nowMicros();
  const namespaces = new Map<string, ChunkSums>();
  let used = NO_CHUNKS;
  let unusedBytes = 0;
  let condemnedBytes = 0;
  let packedBytes = 0;
  let from: string | undefined;
  do {
    signal?.throwIfAborted();
    const begin = from;
    const span = await metadata.read((tx) => tx.storage.chunkSpan(begin, CHUNKS_PER_STEP));
    for (const sums of span.chunks) {
      if (sums.packed) packedBytes += sums.storedBytes;
      if (sums.condemned) condemnedBytes += sums.storedBytes;
      else if (sums.used) used = addChunks(used, sums);
      else unusedBytes += sums.storedBytes;
    }
    for (const { namespaceId, ...sums } of span.namespaces)
      namespaces.set(namespaceId, addChunks(namespaces.get(namespaceId) ?? NO_CHUNKS, sums));
    from = span.next;
  } while (from !== undefined);
  const { packBytes, doomedBytes } = await metadata.read((tx) => tx.storage.otherObjects());
  // Chunks may have come into packs since they were counted.
  const deadPackBytes = Math.max(packBytes - packedBytes, 0);
  const totalBytes = used.storedBytes + unusedBytes + condemnedBytes + deadPackBytes + doomedBytes;
  return {
    measuredAt,
    namespaces,
    used,
    unusedBytes,
    condemnedBytes,
    deadPackBytes,
    doomedBytes,
    totalBytes,
  };
}

/** Keeps the last survey for those who ask, and makes a new one when it is worth it. */
export class StorageSurveys {
  readonly #context: Pick<ServiceContext, "metadata" | "clock">;
  readonly #onMeasured: (survey: StorageSurvey) => void;
  #last: { readonly survey: StorageSurvey; readonly endedMs: number; readonly tookMs: number } | undefined;
  #running: Promise<StorageSurvey> | undefined;

  constructor(
    context: Pick<ServiceContext, "metadata" | "clock">,
    onMeasured: (survey: StorageSurvey) => void = () => undefined,
  ) {
    this.#context = context;
    this.#onMeasured = onMeasured;
  }

  /**
   * A survey of now, or, where one takes long, one that is not older than some times as long as that took. All who ask
   * at the same time wait for the same one.
   */
  async recent(): Promise<StorageSurvey> {
    const last = this.#last;
    if (last !== undefined && last.tookMs > QUICK_MS && restedFor(last, REST_FACTOR) < 0) return last.survey;
    return await this.#measure();
  }

  /** Makes a survey for metrics if the last is older than that and the rest is over; returns whether it did. */
  async refresh(maxAgeMs: number, signal: AbortSignal): Promise<boolean> {
    // One that somebody asked for gives the figures, too, and the job must not wait for it when the server ends.
    if (this.#running !== undefined) return false;
    const last = this.#last;
    if (last !== undefined) {
      const isYoung = performance.now() - last.endedMs < maxAgeMs;
      if (isYoung || restedFor(last, REST_FACTOR) < 0) return false;
    }
    await this.#measure(signal);
    return true;
  }

  #measure(signal?: AbortSignal): Promise<StorageSurvey> {
    this.#running ??= this.#measureOnce(signal).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #measureOnce(signal: AbortSignal | undefined): Promise<StorageSurvey> {
    const beganMs = performance.now();
    const survey = await surveyStorage(this.#context, signal);
    const endedMs = performance.now();
    this.#last = { survey, endedMs, tookMs: endedMs - beganMs };
    this.#onMeasured(survey);
    return survey;
  }
}

/** How long ago the rest after a survey was over; negative while it is not. */
function restedFor(last: { readonly endedMs: number; readonly tookMs: number }, factor: number): number {
  return performance.now() - last.endedMs - last.tookMs * factor;
}
