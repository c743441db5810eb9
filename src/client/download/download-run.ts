import { MAX_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { MIN_CACHED_BYTES, type ChunkCache } from "../cache/chunk-cache.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import { DOWNLOAD_FILES_AT_ONCE, DOWNLOAD_MEMORY_BYTES, SMALL_FILE_BYTES } from "../transfer/limits.ts";
import type { OnProgress } from "../transfer/progress.ts";
import { Semaphore } from "../transfer/semaphore.ts";
import { isLoopback, type ServerFacts } from "../transfer/server-facts.ts";
import { TaskGroup } from "../transfer/task-group.ts";
import { RangeBuilder, type ChunkRange } from "./chunk-range.ts";
import type { Destination } from "./destination.ts";
import { fetchRange } from "./fetch-range.ts";
import { LocalCopy } from "./local-copy.ts";
import { PartialFile } from "./partial-file.ts";
import { bringSmallFiles, groupSmallFiles, type SmallFiles } from "./small-files.ts";
import { storedChunks, type StoredChunk } from "./stored-chunks.ts";
import type { WantedFile, WantedFiles } from "./wanted-files.ts";

/** What one download works with. */
export interface DownloadRunOptions {
  readonly client: ModelBoxClient;
  readonly server: ServerFacts;
  readonly wanted: WantedFiles;
  readonly destination: Destination;
  readonly concurrency: number;
  readonly onProgress: OnProgress | undefined;
  readonly cache: ChunkCache | undefined;
  readonly group: TaskGroup;
}

/** Brings files to disk. Memory is bounded by DOWNLOAD_MEMORY_BYTES, whatever the number and size of the files. */
export class DownloadRun {
  receivedBytes = 0;
  reusedBytes = 0;
  cachedBytes = 0;
  readonly #options: DownloadRunOptions;
  readonly #memory = new ChunkMemory(DOWNLOAD_MEMORY_BYTES, TARGET_CHUNK_BYTES, MAX_CHUNK_BYTES);
  readonly #requestSlots: Semaphore;
  readonly #isLocal: boolean;
  #doneFiles = 0;

  constructor(options: DownloadRunOptions) {
    this.#options = options;
    this.#requestSlots = new Semaphore(options.concurrency);
    this.#isLocal = options.server.blobAddresses.all.every(isLoopback);
  }

  async run(): Promise<void> {
    const { wanted, server, cache, group } = this.#options;
    // What the cache may have is looked up there.
    const maxFileBytes = cache === undefined ? SMALL_FILE_BYTES : MIN_CACHED_BYTES - 1;
    const { groups, others } = groupSmallFiles(wanted.files, server.reads, maxFileBytes);
    const together = groups.values();
    const files = others.values();
    for (let worker = 0; worker < DOWNLOAD_FILES_AT_ONCE; worker += 1) {
      group.start(async () => {
        for (const some of together) await this.#bringSmall(some);
        for (const file of files) await this.#bring(file);
      });
    }
    await group.settle();
  }

  async #bringSmall(files: SmallFiles): Promise<void> {
    const { client, server, destination, group } = this.#options;
    const { signal } = group;
    const held = await this.#requestSlots.acquire(1, signal);
    let left: readonly WantedFile[];
    try {
      left = await bringSmallFiles(files, {
        http: client.http,
        addresses: server.blobAddresses,
        destination,
        memory: this.#memory,
        signal,
        onFile: ({ sizeBytes }) => {
          this.receivedBytes += sizeBytes;
          this.#doneFiles += 1;
          this.#report();
        },
      });
    } finally {
      this.#requestSlots.release(held);
    }
    for (const file of left) await this.#bring(file);
  }

  async #bring(file: WantedFile): Promise<void> {
    const { destination, group } = this.#options;
    group.signal.throwIfAborted();
    const place = await destination.place(file.path);
    await using existing = await LocalCopy.open(place.finalPath);
    if (existing !== undefined && (await this.#isWhole(existing, file))) {
      this.reusedBytes += file.sizeBytes;
    } else {
      await using partial = await PartialFile.open(place);
      await this.#fill(partial, existing, file);
      await partial.finish(file.sizeBytes);
    }
    this.#doneFiles += 1;
    this.#report();
  }

  async #isWhole(existing: LocalCopy, file: WantedFile): Promise<boolean> {
    if (existing.sizeBytes !== file.sizeBytes) return false;
    const { signal } = this.#options.group;
    for await (const chunks of storedChunks(this.#options.client, file, signal)) {
      for (const chunk of chunks) {
        if (!(await existing.withChunk(chunk, this.#memory, signal, () => undefined))) return false;
      }
    }
    return true;
  }

  /** Fills the partial file: with what it has, with what a wrong file of that name has, and with what the server has. */
  async #fill(partial: PartialFile, existing: LocalCopy | undefined, file: WantedFile): Promise<void> {
    using fetches = new TaskGroup(this.#options.group.signal);
    try {
      for await (const chunks of storedChunks(this.#options.client, file, fetches.signal)) {
        const ranges = new RangeBuilder();
        for (const chunk of chunks) {
          if (await this.#reuse(chunk, partial, existing, fetches.signal)) continue;
          const complete = ranges.add(chunk);
          if (complete !== undefined) await this.#startFetch(complete, partial, file, fetches);
        }
        const last = ranges.take();
        if (last !== undefined) await this.#startFetch(last, partial, file, fetches);
      }
    } catch (error) {
      fetches.fail(error);
    }
    await fetches.settle();
  }

  async #reuse(
    chunk: StoredChunk,
    partial: PartialFile,
    existing: LocalCopy | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const copy = (bytes: Uint8Array) => partial.write(bytes, chunk.offsetBytes);
    const isHere =
      (await partial.has(chunk, this.#memory, signal)) ||
      (existing !== undefined && (await existing.withChunk(chunk, this.#memory, signal, copy)));
    if (isHere) this.reusedBytes += chunk.sizeBytes;
    else if (!(await this.#takeFromCache(chunk, partial, signal))) return false;
    this.#report();
    return true;
  }

  async #takeFromCache(chunk: StoredChunk, partial: PartialFile, signal: AbortSignal): Promise<boolean> {
    const { cache } = this.#options;
    if (cache === undefined) return false;
    using lent = await this.#memory.borrow(chunk.sizeBytes, signal);
    if (!cache.read(chunk.sha256, lent.bytes)) return false;
    partial.write(lent.bytes, chunk.offsetBytes);
    this.cachedBytes += chunk.sizeBytes;
    return true;
  }

  async #startFetch(
    range: ChunkRange,
    partial: PartialFile,
    file: WantedFile,
    fetches: TaskGroup,
  ): Promise<void> {
    const { client, server } = this.#options;
    const held = await this.#requestSlots.acquire(1, fetches.signal);
    fetches.start(async () => {
      try {
        await fetchRange(range, {
          http: client.http,
          addresses: server.blobAddresses,
          direct: { artifacts: client.artifacts, store: server.directStore },
          file,
          memory: this.#memory,
          isLocal: this.#isLocal,
          signal: fetches.signal,
          onChunk: async (chunk, bytes) => {
            partial.write(bytes, chunk.offsetBytes);
            this.receivedBytes += chunk.sizeBytes;
            this.#report();
            await this.#options.cache?.write(chunk.sha256, bytes);
          },
        });
      } finally {
        this.#requestSlots.release(held);
      }
    });
  }

  #report(): void {
    const { wanted, onProgress } = this.#options;
    onProgress?.({
      totalFiles: wanted.files.length,
      totalBytes: wanted.sizeBytes,
      doneFiles: this.#doneFiles,
      doneBytes: this.receivedBytes + this.reusedBytes + this.cachedBytes,
      transferredBytes: this.receivedBytes,
    });
  }
}
