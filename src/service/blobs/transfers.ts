import { MAX_WINDOW_BYTES } from "../../blob/chunking/limits.ts";
import type { Chunk } from "../../domain/entities.ts";
import type { ServiceContext } from "../context.ts";
import { BufferPool } from "./buffer-pool.ts";
import { ChunkNotes } from "./chunk-notes.ts";
import { ChunkRecorder } from "./chunk-recorder.ts";
import {
  CHECK_PIECE_BYTES,
  MAX_KEPT_BYTES,
  MAX_PARALLEL_CHECKS,
  MAX_PARALLEL_CUTS,
  MAX_PARALLEL_DECODES,
  MAX_WHOLE_BODY_BYTES,
} from "./flow-limits.ts";
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
  /** Room for chunks that arrive in one piece. */
  readonly bodies: MemoryBudget;
  /** Room for checked bytes that wait to be sent. */
  readonly kept: MemoryBudget;
  readonly buffers: BufferPool;
  readonly checks: BufferSemaphore;
  readonly cuts: BufferSemaphore;
  readonly decodes: BufferSemaphore;
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

/** Bytes of memory that many may have at once. */
export class MemoryBudget {
  #freeBytes: number;
  /** Those who wait, in order. */
  readonly #waiting = new Set<{ readonly bytes: number; readonly enter: () => void }>();

  constructor(limitBytes: number) {
    this.#freeBytes = limitBytes;
  }

  /** Whether so much is free, and nobody waits for it. */
  hasRoom(bytes: number): boolean {
    return bytes <= this.#freeBytes && this.#waiting.size === 0;
  }

  /** Whether there is room now; then it must be given back. */
  take(bytes: number): boolean {
    if (!this.hasRoom(bytes)) return false;
    this.#freeBytes -= bytes;
    return true;
  }

  /** Whether there is room within `limitMs`; then it must be given back. */
  async takeSoon(bytes: number, limitMs: number): Promise<boolean> {
    if (this.take(bytes)) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { bytes, enter: () => resolve(true) };
    this.#waiting.add(waiter);
    const timer = setTimeout(() => resolve(!this.#waiting.delete(waiter)), limitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  giveBack(bytes: number): void {
    this.#freeBytes += bytes;
    for (const waiter of this.#waiting) {
      if (waiter.bytes > this.#freeBytes) return;
      this.#freeBytes -= waiter.bytes;
      this.#waiting.delete(waiter);
      waiter.enter();
    }
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
    bodies: new MemoryBudget(MAX_WHOLE_BODY_BYTES),
    kept: new MemoryBudget(MAX_KEPT_BYTES),
    buffers: new BufferPool(),
    checks: new BufferSemaphore(MAX_PARALLEL_CHECKS, CHECK_PIECE_BYTES),
    cuts: new BufferSemaphore(MAX_PARALLEL_CUTS, MAX_WINDOW_BYTES),
    decodes: new BufferSemaphore(MAX_PARALLEL_DECODES, 0),
    load: new TransferLoad(),
  };
}
