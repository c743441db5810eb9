import { MAX_WINDOW_BYTES } from "../../blob/chunking/limits.ts";
import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { isNoRoom } from "../blob-error.ts";
import { postChunk, postPack, putChunk } from "../blob-requests.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import {
  MIN_UNASKED_BYTES,
  SMALL_FILE_BYTES,
  UNASKED_AFTER_CHUNKS,
  UNASKED_AFTER_SMALL_CHUNKS,
  UPLOAD_MEMORY_BYTES,
  UPLOAD_READERS,
} from "../transfer/limits.ts";
import type { OnProgress } from "../transfer/progress.ts";
import { Semaphore } from "../transfer/semaphore.ts";
import { isLoopback, type ServerFacts } from "../transfer/server-facts.ts";
import type { TaskGroup } from "../transfer/task-group.ts";
import { AskFirst } from "./ask-first.ts";
import { DirectUploads } from "./direct-uploads.ts";
import { fileChunks, type ReadChunk } from "./file-chunks.ts";
import type { FoundFiles } from "./find-files.ts";
import type { LocalFile } from "./local-file.ts";
import { MissingChunks } from "./missing-chunks.ts";
import { PackUploads, type PackedChunk } from "./pack-uploads.ts";
import { ReadPace } from "./read-pace.ts";
import { readSmallFile } from "./small-file.ts";

const EMPTY_SHA256 = new Bun.CryptoHasher("sha256").digest("hex");

/** A chunk of a file, as a commit names it. */
export interface NamedChunk {
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

/** A file, as a commit names it. */
export interface NamedFile {
  readonly path: string;
  readonly sizeBytes: bigint;
  readonly sha256: string;
  readonly chunks: NamedChunk[];
}

/** What one upload works with. */
export interface UploadRunOptions {
  readonly client: ModelBoxClient;
  readonly server: ServerFacts;
  readonly found: FoundFiles;
  readonly leaseId: string;
  readonly concurrency: number;
  readonly onProgress: OnProgress | undefined;
  readonly group: TaskGroup;
}

/**
 * Reads, hashes and sends the files of one upload. Every file is read once: a chunk stays in memory until the server
 * has said that it has it. Memory is bounded by UPLOAD_MEMORY_BYTES, whatever the number and size of the files.
 */
export class UploadRun {
  chunks = 0;
  sentChunks = 0;
  sentBytes = 0;
  readonly #options: UploadRunOptions;
  readonly #memory = new ChunkMemory(UPLOAD_MEMORY_BYTES, TARGET_CHUNK_BYTES, MAX_WINDOW_BYTES);
  readonly #sendSlots: Semaphore;
  readonly #missing: MissingChunks;
  readonly #direct: DirectUploads;
  readonly #askFirst: AskFirst;
  readonly #askSmall: AskFirst;
  readonly #packs: PackUploads | undefined;
  /** Chunks that this upload has taken care of; a repeated one needs no second look. */
  readonly #handled = new Set<string>();
  readonly #pace = new ReadPace();
  #doneFiles = 0;
  #doneBytes = 0;

  constructor(options: UploadRunOptions) {
    const { client, server, leaseId, group } = options;
    this.#options = options;
    this.#sendSlots = new Semaphore(options.concurrency);
    const isLocal = server.blobAddresses.all.every(isLoopback);
    this.#askFirst = new AskFirst(isLocal, UNASKED_AFTER_CHUNKS);
    this.#askSmall = new AskFirst(isLocal, UNASKED_AFTER_SMALL_CHUNKS);
    this.#missing = new MissingChunks(client.artifacts, {
      leaseId,
      maxPerCall: server.maxFindChunks,
      signal: group.signal,
      isDirect: () => server.directStore.isOn,
    });
    this.#packs =
      server.packs &&
      new PackUploads(server.packs, {
        sendOne: ({ sha256, bytes }) => this.#sendOne(sha256, bytes),
        sendPack: (pack, chunks) => this.#sendPack(pack, chunks),
      });
    const { directStore: store } = server;
    this.#direct = new DirectUploads({
      client,
      store,
      missing: this.#missing,
      leaseId,
      signal: group.signal,
    });
  }

  /** The files, in the order in which they were found, once the server has all their chunks. */
  async run(): Promise<readonly NamedFile[]> {
    const { found, group } = this.#options;
    const chunksOf: NamedChunk[][] = [];
    const entries = found.files.entries();
    for (let reader = 0; reader < UPLOAD_READERS; reader += 1) {
      group.start(async () => {
        for (const [index, file] of entries) await this.#readFile(file, (chunksOf[index] = []));
      });
    }
    await group.settle();
    return found.files.map((file, index) => namedFile(file, chunksOf[index] ?? []));
  }

  /** Fills `named` in the order of the file, each once the server has the chunk: the last ones after this ends. */
  async #readFile(file: LocalFile, named: NamedChunk[]): Promise<void> {
    const isSmall = file.sizeBytes > 0 && file.sizeBytes <= SMALL_FILE_BYTES;
    if (isSmall && this.#pace.isFast()) await this.#readSmallFile(file, named);
    else await this.#readInPieces(file, named);
  }

  async #readSmallFile(file: LocalFile, named: NamedChunk[]): Promise<void> {
    const { group } = this.#options;
    const read = await readSmallFile(file, this.#memory, group.signal, (work) => this.#pace.measure(work));
    group.start(async () => {
      await this.#placeRead(read, named, 0);
      this.#doneFiles += 1;
      this.#report();
    });
  }

  async #readInPieces(file: LocalFile, named: NamedChunk[]): Promise<void> {
    const { group } = this.#options;
    let count = 0;
    // The reading itself, and each chunk on its way.
    let open = 1;
    const closeOne = () => {
      open -= 1;
      if (open === 0) this.#doneFiles += 1;
      this.#report();
    };
    for await (const read of fileChunks(file, this.#memory, group.signal)) {
      const index = count;
      count += 1;
      open += 1;
      group.start(async () => {
        await this.#placeRead(read, named, index);
        closeOne();
      });
    }
    closeOne();
  }

  async #placeRead({ lent, bytes }: ReadChunk, named: NamedChunk[], index: number): Promise<void> {
    using _lent = lent;
    named[index] = { sha256: await this.#place(bytes), sizeBytes: BigInt(bytes.length) };
    this.chunks += 1;
    this.#doneBytes += bytes.length;
  }

  /** Sees to it that the server has the chunk; returns its SHA-256. */
  async #place(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const posted = bytes.length < MIN_UNASKED_BYTES ? undefined : await this.#sendUnasked(bytes);
    if (posted !== undefined) return posted;
    // First the next chunk's read is begun, which other threads do while this one is busy.
    if (bytes.length >= MIN_UNASKED_BYTES) await nextTurn();
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    if (this.#handled.has(sha256)) return sha256;
    this.#handled.add(sha256);
    await this.#sendIfMissing(sha256, bytes);
    return sha256;
  }

  async #sendIfMissing(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const isSmall = this.#packs?.takes(bytes.length) === true;
    const ask = isSmall ? this.#askSmall : this.#askFirst;
    if (isSmall && !ask.isNeeded) await this.#send(sha256, bytes);
    else if (await this.#missing.isMissing(sha256, bytes.length)) {
      ask.wasNew();
      await this.#send(sha256, bytes);
    } else ask.wasThere();
  }

  /** Sends a chunk without its digest where that is cheaper; returns the digest that the server gives it. */
  async #sendUnasked(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
    if (this.#askFirst.isNeeded || this.#options.server.directStore.isOn) return undefined;
    const { client, server, leaseId, group } = this.#options;
    return await this.#withSlot(async () => {
      // Those who were sent meanwhile may have been there.
      if (this.#askFirst.isNeeded) return undefined;
      try {
        const posted = await postChunk(client.http, server.blobAddresses, { bytes, leaseId }, group.signal);
        if (posted.exists) this.#askFirst.wasThere();
        this.#countSent(bytes);
        this.#handled.add(posted.sha256);
        return posted.sha256;
      } catch (error) {
        if (isNoRoom(error)) return undefined;
        throw error;
      }
    });
  }

  async #send(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#packs?.takes(bytes.length) !== true) return await this.#sendOne(sha256, bytes);
    await this.#packs.send({ sha256, bytes });
  }

  async #sendPack(pack: Uint8Array<ArrayBuffer>, chunks: readonly PackedChunk[]): Promise<void> {
    const { client, server, leaseId, group } = this.#options;
    await this.#withSlot(async () => {
      const existing = await postPack(
        client.http,
        server.blobAddresses,
        { bytes: pack, leaseId },
        group.signal,
      );
      if (existing > 0) this.#askSmall.wasThere();
      for (const { bytes } of chunks) this.#countSent(bytes);
    });
  }

  async #sendOne(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { client, server, leaseId, group } = this.#options;
    await this.#withSlot(async () => {
      if (!(await this.#direct.send(sha256, bytes)))
        await putChunk(client.http, server.blobAddresses, { sha256, bytes, leaseId }, group.signal);
      this.#countSent(bytes);
    });
  }

  async #withSlot<T>(work: () => Promise<T>): Promise<T> {
    const held = await this.#sendSlots.acquire(1, this.#options.group.signal);
    try {
      return await work();
    } finally {
      this.#sendSlots.release(held);
    }
  }

  #countSent(bytes: Uint8Array): void {
    this.sentChunks += 1;
    this.sentBytes += bytes.length;
  }

  #report(): void {
    const { found, onProgress } = this.#options;
    onProgress?.({
      totalFiles: found.files.length,
      totalBytes: found.sizeBytes,
      doneFiles: this.#doneFiles,
      doneBytes: this.#doneBytes,
      transferredBytes: this.sentBytes,
    });
  }
}

/** After whatever is due by now has begun. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function namedFile(file: LocalFile, chunks: NamedChunk[]): NamedFile {
  const only = chunks.length === 1 ? chunks[0] : undefined;
  // A second hash over all bytes would cost more than it proves: chunks are checked one by one when they arrive, and
  // the server computes the digest of the whole file by itself.
  const sha256 = chunks.length === 0 ? EMPTY_SHA256 : (only?.sha256 ?? "");
  return { path: file.storedPath, sizeBytes: BigInt(file.sizeBytes), sha256, chunks };
}
