import type { Chunk } from "../../domain/entities.ts";
import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import type { ServiceContext } from "../context.ts";
import { ChunkNotes } from "./chunk-notes.ts";
import { ChunkRecorder } from "./chunk-recorder.ts";
import { CHECK_PIECE_BYTES, MAX_KEPT_BYTES, MAX_PARALLEL_CHECKS, MAX_PARALLEL_CUTS } from "./flow-limits.ts";
import { LeaseMemory } from "./lease-memory.ts";
import { BufferSemaphore } from "./semaphore.ts";

/** A stored chunk whose bytes can't be served. */
export interface CorruptChunk {
  readonly chunk: Pick<Chunk, "digest" | "objectKey">;
  readonly problem: "absent" | "truncated" | "wrong_digest";
}

/** Told of what people must look at. */
export interface TransferObserver {
  corruptChunk(found: CorruptChunk): void;
}

/** What uploads and downloads of one process share. */
export interface Transfers {
  readonly context: ServiceContext;
  readonly observer: TransferObserver;
  readonly notes: ChunkNotes;
  readonly recorder: ChunkRecorder;
  readonly leases: LeaseMemory;
  /** Room for checked bytes that wait to be sent. */
  readonly kept: MemoryBudget;
  readonly checks: BufferSemaphore;
  readonly cuts: BufferSemaphore;
  readonly load: TransferLoad;
}

/** Whether bytes are moving for somebody right now; work in the background steps aside then. */
export class TransferLoad {
  #running = 0;

  get isBusy(): boolean {
    return this.#running > 0;
  }

  begin(): Disposable {
    this.#running += 1;
    let ended = false;
    return {
      [Symbol.dispose]: () => {
        if (!ended) this.#running -= 1;
        ended = true;
      },
    };
  }
}

/** Bytes of memory that many may have at once, for those that can do without. */
export class MemoryBudget {
  #freeBytes: number;

  constructor(limitBytes: number) {
    this.#freeBytes = limitBytes;
  }

  /** Whether there is room; then it must be given back. */
  take(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false;
    this.#freeBytes -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#freeBytes += bytes;
  }
}

/** One per process: made where routes and jobs are put together. */
export function createTransfers(context: ServiceContext, observer: TransferObserver): Transfers {
  return {
    context,
    observer,
    notes: new ChunkNotes(),
    recorder: new ChunkRecorder(context),
    leases: new LeaseMemory(),
    kept: new MemoryBudget(MAX_KEPT_BYTES),
    checks: new BufferSemaphore(MAX_PARALLEL_CHECKS, CHECK_PIECE_BYTES),
    cuts: new BufferSemaphore(MAX_PARALLEL_CUTS, TARGET_CHUNK_BYTES),
    load: new TransferLoad(),
  };
}
