import { availableParallelism } from "node:os";
import { isCompiled } from "../../version.ts";
import type {
  CodecAnswer,
  CodecQuestion,
  Decoded,
  DecodeTask,
  Encoded,
  EncodeTask,
  PriorityTask,
} from "./codec-tasks.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";

/** Threads that decode for downloads; each gives about 1.4 GB/s for each difference of a chain. */
const MAX_DECODERS = 4;
/** As nice(1) has it: what serves people comes first. */
const BACKGROUND_PRIORITY = 10;

/** Threads of one kind. They keep nothing between tasks. */
export class CodecThreads implements Disposable {
  readonly #limit: number;
  readonly #priority: number;
  readonly #threads: CodecThread[] = [];

  constructor(limit: number, priority = 0) {
    this.#limit = limit;
    this.#priority = priority;
  }

  /**
   * Encodes a chunk in its smallest form. The arrays must have their buffers to themselves: they are moved to the thread,
   * and come back with the result. When it fails they are lost.
   */
  async encode(task: Omit<EncodeTask, "kind">): Promise<Encoded> {
    return (await this.#leastBusy().ask({ ...task, kind: "encode" })) as Encoded;
  }

  /** Decodes a chunk, as `decode` does; `stored` is lost; `base` comes back unless it was used up. Throws CorruptEncodingError. */
  async decode(task: Omit<DecodeTask, "kind">): Promise<Decoded> {
    return (await this.#leastBusy().ask({ ...task, kind: "decode" })) as Decoded;
  }

  /** Ends the threads; tasks that run are lost. */
  [Symbol.dispose](): void {
    for (const thread of this.#threads.splice(0)) thread.end(new Error("the threads were ended"));
  }

  #forget(thread: CodecThread): void {
    const index = this.#threads.indexOf(thread);
    if (index >= 0) this.#threads.splice(index, 1);
  }

  #leastBusy(): CodecThread {
    const idle = this.#threads.find((thread) => thread.waiting === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < this.#limit) {
      const thread = new CodecThread(() => this.#forget(thread));
      this.#threads.push(thread);
      if (this.#priority !== 0) {
        // Without it the thread does the same, only less politely.
        thread.ask({ kind: "priority", priority: this.#priority }).catch(() => undefined);
      }
      return thread;
    }
    return this.#threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least));
  }
}

/** The threads that all downloads of this process share. One processor is left to the thread that reads and writes. */
export const decoders = new CodecThreads(Math.max(1, Math.min(MAX_DECODERS, availableParallelism() - 1)));

/** Threads that give way to others. */
export function backgroundThreads(limit: number): CodecThreads {
  return new CodecThreads(limit, BACKGROUND_PRIORITY);
}

class CodecThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<NonNullable<CodecAnswer["result"]>>>();
  readonly #onEnd: () => void;
  #nextId = 0;

  /** `onEnd` is called when it can't be used any more. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    // In an executable a thread is found by its place in the source, and by nothing else.
    const source = isCompiled
      ? "./src/blob/encoding/codec-worker.ts"
      : new URL("./codec-worker.ts", import.meta.url).href;
    this.#worker = new Worker(source);
    this.#worker.unref();
    this.#worker.onmessage = ({ data }: MessageEvent<CodecAnswer>) => this.#answered(data);
    this.#worker.onerror = (event) => this.end(new Error(`a thread for encodings failed: ${event.message}`));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  ask(task: EncodeTask | DecodeTask | PriorityTask): Promise<NonNullable<CodecAnswer["result"]>> {
    const question: CodecQuestion = { id: (this.#nextId += 1), task };
    const answer = Promise.withResolvers<NonNullable<CodecAnswer["result"]>>();
    this.#waiting.set(question.id, answer);
    // A command that waits for nothing else must not end before the answer.
    this.#worker.ref();
    const buffers = Object.values(task).flatMap((value) =>
      value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [],
    );
    this.#worker.postMessage(question, buffers);
    return answer.promise;
  }

  end(reason: Error): void {
    this.#onEnd();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    this.#worker.terminate();
  }

  #answered({ id, result, problem }: CodecAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (problem?.isCorrupt === true) waiting?.reject(new CorruptEncodingError(problem.message));
    else if (problem !== undefined) waiting?.reject(new Error(problem.message));
    else waiting?.resolve(result ?? {});
  }
}
