import { packIndexBytes, writePack } from "../../domain/pack-format.ts";
import { MAX_PACKS_AT_ONCE, PACK_BYTES, PACK_WAIT_MS } from "../transfer/limits.ts";
import type { PackLimits } from "../transfer/server-facts.ts";

/** A chunk to send. */
export interface PackedChunk {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How chunks are sent: by themselves, or many together in the form of domain/pack-format.ts. */
export interface PackSender {
  sendOne(chunk: PackedChunk): Promise<void>;
  /** `chunks` are those that are in it. */
  sendPack(pack: Uint8Array<ArrayBuffer>, chunks: readonly PackedChunk[]): Promise<void>;
}

interface Waiting extends PackedChunk {
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers small chunks, and sends them many to a request. What comes up while packs are under way goes with the next one, so packs
 * grow with the distance to the server; the last chunks of an upload wait a moment for company.
 */
export class PackUploads {
  readonly #sender: PackSender;
  readonly #limits: PackLimits;
  readonly #waiting: Waiting[] = [];
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: PackLimits, sender: PackSender) {
    this.#limits = { ...limits, maxBytes: Math.min(limits.maxBytes, PACK_BYTES) };
    this.#sender = sender;
  }

  /** Whether a chunk of this size is one for packs. */
  takes(sizeBytes: number): boolean {
    return sizeBytes <= this.#limits.maxChunkBytes;
  }

  /** Resolves once the server has the chunk. Its bytes must stay as they are until then. */
  send(chunk: PackedChunk): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#waiting.push({ ...chunk, done: () => resolve(undefined), fail: reject });
    this.#waitingBytes += chunk.bytes.length;
    this.#sendSoon();
    return promise;
  }

  #sendSoon(): void {
    while (this.#running < MAX_PACKS_AT_ONCE && this.#isFull()) void this.#sendNow();
    if (this.#running > 0 || this.#waiting.length === 0) return;
    this.#timer ??= setTimeout(() => void this.#sendNow(), PACK_WAIT_MS);
  }

  #isFull(): boolean {
    const { maxBytes, maxChunks } = this.#limits;
    const count = this.#waiting.length;
    return count >= maxChunks || this.#waitingBytes + packIndexBytes(count) >= maxBytes;
  }

  /** Never throws: each chunk is told. */
  async #sendNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running += 1;
    const group = this.#takeGroup();
    try {
      await this.#sendGroup(group);
      for (const { done } of group) done();
    } catch (error) {
      for (const { fail } of group) fail(error);
    }
    this.#running -= 1;
    this.#sendSoon();
  }

  async #sendGroup(group: readonly Waiting[]): Promise<void> {
    const [only, second] = group;
    // A pack of one would cost the server more.
    if (only !== undefined && second === undefined) return await this.#sender.sendOne(only);
    const buffer = this.#spare.pop() ?? new Uint8Array(this.#limits.maxBytes);
    try {
      const chunks = group.map(({ sha256, bytes }) => ({ digest: sha256, bytes }));
      await this.#sender.sendPack(writePack(buffer, chunks), group);
    } finally {
      this.#spare.push(buffer);
    }
  }

  /** As many as fit into one pack. */
  #takeGroup(): readonly Waiting[] {
    const { maxBytes, maxChunks } = this.#limits;
    let count = 0;
    let bytes = 0;
    for (const chunk of this.#waiting) {
      if (count === maxChunks || bytes + chunk.bytes.length + packIndexBytes(count + 1) > maxBytes) break;
      count += 1;
      bytes += chunk.bytes.length;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
