import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { putChunk } from "../blob-requests.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import { UPLOAD_MEMORY_BYTES, UPLOAD_READERS } from "../transfer/limits.ts";
import type { OnProgress } from "../transfer/progress.ts";
import { Semaphore } from "../transfer/semaphore.ts";
import { takeTurns, type ServerFacts } from "../transfer/server-facts.ts";
import type { TaskGroup } from "../transfer/task-group.ts";
import { fileChunks, type ReadChunk } from "./file-chunks.ts";
import type { FoundFiles } from "./find-files.ts";
import type { LocalFile } from "./local-file.ts";
import { MissingChunks } from "./missing-chunks.ts";

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
  readonly #memory = new ChunkMemory(UPLOAD_MEMORY_BYTES, TARGET_CHUNK_BYTES);
  readonly #sendSlots: Semaphore;
  readonly #missing: MissingChunks;
  readonly #nextAddress: () => string;
  /** Chunks that this upload has taken care of; a repeated one needs no second look. */
  readonly #handled = new Set<string>();
  #doneFiles = 0;
  #doneBytes = 0;

  constructor(options: UploadRunOptions) {
    const { client, server, leaseId, group } = options;
    this.#options = options;
    this.#sendSlots = new Semaphore(options.concurrency);
    this.#nextAddress = takeTurns(server.blobAddresses);
    this.#missing = new MissingChunks(client.artifacts, {
      leaseId,
      maxPerCall: server.maxFindChunks,
      signal: group.signal,
    });
  }

  /** The files, in the order in which they were found, once the server has all their chunks. */
  async run(): Promise<readonly NamedFile[]> {
    const { found, group } = this.#options;
    const named: NamedFile[] = [];
    const entries = found.files.entries();
    for (let reader = 0; reader < UPLOAD_READERS; reader += 1) {
      group.start(async () => {
        for (const [index, file] of entries) named[index] = await this.#readFile(file);
      });
    }
    await group.settle();
    return named;
  }

  async #readFile(file: LocalFile): Promise<NamedFile> {
    const { group } = this.#options;
    const chunks: NamedChunk[] = [];
    // The reading itself, and each chunk on its way.
    let open = 1;
    const closeOne = () => {
      open -= 1;
      if (open === 0) this.#doneFiles += 1;
      this.#report();
    };
    for await (const chunk of fileChunks(file, this.#memory, group.signal)) {
      const sha256 = new Bun.CryptoHasher("sha256").update(chunk.bytes).digest("hex");
      chunks.push({ sha256, sizeBytes: BigInt(chunk.bytes.length) });
      open += 1;
      group.start(async () => {
        await this.#place(sha256, chunk);
        closeOne();
      });
    }
    closeOne();
    const only = chunks.length === 1 ? chunks[0] : undefined;
    // A second hash over all bytes would cost more than it proves: chunks are checked one by one when they arrive, and
    // the server computes the digest of the whole file by itself.
    const sha256 = chunks.length === 0 ? EMPTY_SHA256 : (only?.sha256 ?? "");
    return { path: file.storedPath, sizeBytes: BigInt(file.sizeBytes), sha256, chunks };
  }

  async #place(sha256: string, { lent, bytes }: ReadChunk): Promise<void> {
    using _lent = lent;
    this.chunks += 1;
    if (!this.#handled.has(sha256)) {
      this.#handled.add(sha256);
      if (await this.#missing.isMissing(sha256, bytes.length)) await this.#send(sha256, bytes);
    }
    this.#doneBytes += bytes.length;
  }

  async #send(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { client, leaseId, group } = this.#options;
    const held = await this.#sendSlots.acquire(1, group.signal);
    try {
      await putChunk(client.http, this.#nextAddress(), { sha256, bytes, leaseId }, group.signal);
    } finally {
      this.#sendSlots.release(held);
    }
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
