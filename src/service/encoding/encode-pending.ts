import { backgroundThreads, type CodecThreads } from "../../blob/encoding/codec-threads.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import type { StoredFile } from "../../domain/entities.ts";
import type { TransferLoad } from "../blobs/transfers.ts";
import type { ServiceContext } from "../context.ts";
import { runJob, type HeldJob } from "../jobs.ts";
import { Encoder, type EncodingObserver } from "./encoder.ts";
import {
  ADVANCE_MS,
  BUSY_WAIT_MS,
  CHUNKS_PER_PAGE,
  FILES_PER_RUN,
  LOOK_AGAIN_MS,
  MAX_POSTPONED,
  POSTPONE_MS,
  REBASES_PER_PAGE,
} from "./limits.ts";
import { pairChunks, type ChunkPair } from "./pair-chunks.ts";
import { previousFile } from "./previous-file.ts";

export interface EncodingOptions {
  /** Chunks that are encoded at the same time, each on a thread of its own. */
  readonly workers: number;
  /** Default: as many as there are workers, which give way to others. */
  readonly threads?: CodecThreads;
  /** How much of the time of each of them is worked, from 1 to 100; the rest is rest. */
  readonly cpuPercent: number;
  /** How long a checkpoint stays as it came: a next one saves the work of storing it in a form of its own. */
  readonly restMs: number;
  readonly load: TransferLoad;
  readonly observer: EncodingObserver;
}

/** What a run has done. */
export interface EncodingRun extends Readonly<Record<string, number>> {
  readonly files: number;
  readonly rebases: number;
}

/**
 * Makes the background job that stores the chunks of committed files in smaller forms, and those without base that must
 * lose theirs. One server at a time does it; run it now and then.
 */
export function encodingJob(
  context: ServiceContext,
  options: EncodingOptions,
): (signal: AbortSignal) => Promise<EncodingRun> {
  const run = new PendingEncodings(context, options);
  return async (signal) => {
    const now = context.clock.nowMicros();
    const { files, rebases } = await context.metadata.read((tx) => tx.encodings.waiting(now));
    if (files + rebases === 0) return { files: 0, rebases: 0 };
    const done = await runJob(context, { name: "encode", everyMs: 0, signal }, (held) =>
      run.work(held, signal),
    );
    return done ?? { files: 0, rebases: 0 };
  };
}

class PendingEncodings {
  readonly #context: ServiceContext;
  readonly #options: EncodingOptions;
  readonly #encoder: Encoder;
  /** Rebases that failed. */
  readonly #postponed = new Map<string, number>();

  constructor(context: ServiceContext, options: EncodingOptions) {
    this.#context = context;
    this.#options = options;
    const { workers, threads = backgroundThreads(workers), observer } = options;
    this.#encoder = new Encoder(context, threads, observer);
  }

  async work(held: HeldJob, signal: AbortSignal): Promise<EncodingRun> {
    const { metadata, clock } = this.#context;
    const advance = throttled(held);
    let rebases = await this.#rebaseAll(advance, signal);
    let files = 0;
    const now = clock.nowMicros();
    for (const file of await metadata.read((tx) => tx.encodings.pendingFiles(now, FILES_PER_RUN))) {
      if (signal.aborted) break;
      const dueAt = typeof file === "string" ? undefined : await this.#restsUntil(file);
      const isDone =
        typeof file === "string" || (await this.#encodeFile(file, dueAt !== undefined, advance, signal));
      if (!isDone) break;
      const id = typeof file === "string" ? file : file.id;
      await metadata.write((tx) =>
        dueAt === undefined ? tx.encodings.finishFile(id) : tx.encodings.postponeFile(id, dueAt),
      );
      files += 1;
      // What must go waits for them.
      rebases += await this.#rebaseAll(advance, signal);
    }
    return { files, rebases };
  }

  /** Until when a file of a checkpoint stays as it came; undefined when that is over, and for other files. */
  async #restsUntil(file: StoredFile): Promise<number | undefined> {
    const { metadata, clock } = this.#context;
    const createdAt = await metadata.read(async (tx) => {
      const artifact = await tx.artifacts.get(file.artifactId);
      if (artifact?.objectKind !== "checkpoint") return undefined;
      return (await tx.checkpoints.get(artifact.objectId))?.createdAt;
    });
    const until = (createdAt ?? 0) + this.#options.restMs * 1000;
    return until > clock.nowMicros() ? until : undefined;
  }

  /** False when the signal ended it early. */
  async #encodeFile(
    file: StoredFile,
    isResting: boolean,
    advance: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    await eachLimited(await this.#pairsOf(file), this.#options.workers, async ({ chunk, earlier }) => {
      if (signal.aborted) return;
      await this.#politely(signal, () => this.#encoder.encodePair(chunk.digest, earlier?.digest, isResting));
      await advance();
    });
    return !signal.aborted;
  }

  /** Each chunk once, however often it is in the file. */
  async #pairsOf(file: StoredFile): Promise<readonly ChunkPair[]> {
    const { metadata } = this.#context;
    const earlier = await metadata.read((tx) => previousFile(tx, file));
    const pairs = pairChunks(await this.#chunksOf(file.id), earlier ? await this.#chunksOf(earlier.id) : []);
    return [...new Map(pairs.map((pair) => [pair.chunk.digest, pair])).values()];
  }

  async #chunksOf(fileId: string) {
    const chunks = [];
    let from = 0;
    for (;;) {
      const begin = from;
      const page = await this.#context.metadata.read((tx) =>
        tx.artifacts.fileChunks(fileId, begin, CHUNKS_PER_PAGE),
      );
      chunks.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < CHUNKS_PER_PAGE) return chunks;
      from = last.offsetBytes + last.sizeBytes;
    }
  }

  async #rebaseAll(advance: () => Promise<void>, signal: AbortSignal): Promise<number> {
    const { metadata } = this.#context;
    const limit = REBASES_PER_PAGE + this.#postponed.size;
    const pending = await metadata.read((tx) => tx.encodings.pendingRebases(limit));
    let done = 0;
    await eachLimited(pending, this.#options.workers, async (digest) => {
      if (signal.aborted || (this.#postponed.get(digest) ?? 0) > performance.now()) return;
      this.#postponed.delete(digest);
      await this.#politely(signal, async () => {
        if (await this.#encoder.rebase(digest)) {
          await metadata.write((tx) => tx.encodings.finishRebase(digest));
          done += 1;
          return;
        }
        if (this.#postponed.size >= MAX_POSTPONED) this.#postponed.clear();
        this.#postponed.set(digest, performance.now() + POSTPONE_MS);
      });
      await advance();
    });
    return done;
  }

  /** Lets those who upload and download go first, and rests after the work as long as the limit says. */
  async #politely(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { load, cpuPercent } = this.#options;
    const isWaiting = (waitedMs: number) => load.isBusy && !signal.aborted && waitedMs < BUSY_WAIT_MS;
    for (let waitedMs = 0; isWaiting(waitedMs); waitedMs += LOOK_AGAIN_MS) await Bun.sleep(LOOK_AGAIN_MS);
    if (signal.aborted) return;
    const begin = performance.now();
    await work();
    const restMs = ((performance.now() - begin) * (100 - cpuPercent)) / cpuPercent;
    // Even without a rest, calls must get their turn.
    if (!signal.aborted) await Bun.sleep(restMs);
  }
}

/** Keeps the job now and then. */
function throttled(held: HeldJob): () => Promise<void> {
  let next = performance.now() + ADVANCE_MS;
  return async () => {
    if (performance.now() < next) return;
    next = performance.now() + ADVANCE_MS;
    await held.advance("");
  };
}
