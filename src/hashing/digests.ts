import { availableParallelism } from "node:os";
import { isCompiled } from "../version.ts";
import type { DigestAnswer, DigestQuestion } from "./digest-worker.ts";

/** Fewer bytes are done sooner than handed over. */
const MIN_HANDED_OVER_BYTES = 256 * 1024;
/** One thread takes the digests of about 1.8 GB a second. */
const MAX_THREADS = 4;

/** Bytes with their digest. */
export interface Digested {
  /** Hexadecimal. */
  readonly sha256: string;
  /** The same bytes; the array that was given is empty by now. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Takes the SHA-256 of bytes on another thread, so that this one goes on serving. The array must have its buffer to
 * itself: it is moved to that thread and back, not copied.
 */
export function sha256Elsewhere(bytes: Uint8Array<ArrayBuffer>): Promise<Digested> {
  if (bytes.byteLength < MIN_HANDED_OVER_BYTES) return Promise.resolve({ sha256: sha256(bytes), bytes });
  return leastBusy().digest(bytes);
}

/** SHA-256 (hex) of bytes, on this thread. */
export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/** The threads of this process: they keep nothing, so all may share them. */
const threads: DigestThread[] = [];

function leastBusy(): DigestThread {
  const idle = threads.find((thread) => thread.waiting === 0);
  if (idle !== undefined) return idle;
  // One processor is left to the thread that reads and writes.
  const limit = Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1));
  if (threads.length < limit) {
    const thread = new DigestThread(() => threads.splice(threads.indexOf(thread), 1));
    threads.push(thread);
    return thread;
  }
  return threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));
}

class DigestThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<Digested>>();
  #nextId = 0;

  /** `onEnd` is called when it can't be used any more. */
  constructor(onEnd: () => void) {
    // In an executable a thread is found by its place in the source, and by nothing else.
    const source = isCompiled
      ? "./src/hashing/digest-worker.ts"
      : new URL("./digest-worker.ts", import.meta.url).href;
    this.#worker = new Worker(source);
    this.#worker.unref();
    this.#worker.onmessage = ({ data }: MessageEvent<DigestAnswer>) => {
      this.#waiting.get(data.id)?.resolve(data);
      this.#waiting.delete(data.id);
      if (this.#waiting.size === 0) this.#worker.unref();
    };
    this.#worker.onerror = (event) => {
      onEnd();
      const error = new Error(`the thread for digests failed: ${event.message}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      this.#worker.terminate();
    };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  digest(bytes: Uint8Array<ArrayBuffer>): Promise<Digested> {
    const question: DigestQuestion = { id: (this.#nextId += 1), bytes };
    const answer = Promise.withResolvers<Digested>();
    this.#waiting.set(question.id, answer);
    // A command that waits for nothing else must not end before the answer.
    this.#worker.ref();
    this.#worker.postMessage(question, [bytes.buffer]);
    return answer.promise;
  }
}
