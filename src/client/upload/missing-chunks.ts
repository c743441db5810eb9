import type { ModelBoxClient } from "../model-box-client.ts";
import { FIND_BATCH_BYTES, FIND_BATCH_CHUNKS, FIND_BATCH_WAIT_MS } from "../transfer/limits.ts";

interface Question {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly answer: (isMissing: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Asks the server which chunks it lacks. One call is under way at a time, and what comes up meanwhile goes with the
 * next, so calls grow with the distance to the server. Tiny chunks wait a moment for company: a call costs more than
 * reading a hundred of them.
 */
export class MissingChunks {
  readonly #artifacts: ModelBoxClient["artifacts"];
  readonly #leaseId: string;
  readonly #maxPerCall: number;
  readonly #signal: AbortSignal;
  readonly #waiting: Question[] = [];
  #waitingBytes = 0;
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    artifacts: ModelBoxClient["artifacts"],
    options: { readonly leaseId: string; readonly maxPerCall: number; readonly signal: AbortSignal },
  ) {
    this.#artifacts = artifacts;
    this.#leaseId = options.leaseId;
    this.#maxPerCall = options.maxPerCall;
    this.#signal = options.signal;
  }

  /** True when the chunk must be sent. From now on the server keeps a chunk that it has. */
  isMissing(sha256: string, sizeBytes: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#waiting.push({ sha256, sizeBytes, answer: resolve, fail: reject });
    this.#waitingBytes += sizeBytes;
    this.#askSoon();
    return promise;
  }

  #askSoon(): void {
    if (this.#isAsking || this.#waiting.length === 0) return;
    const isFull = this.#waiting.length >= FIND_BATCH_CHUNKS || this.#waitingBytes >= FIND_BATCH_BYTES;
    if (isFull) void this.#askNow();
    else this.#timer ??= setTimeout(() => void this.#askNow(), FIND_BATCH_WAIT_MS);
  }

  async #askNow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isAsking = true;
    const questions = this.#waiting.splice(0, this.#maxPerCall);
    this.#waitingBytes = this.#waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await this.#ask(questions);
    this.#isAsking = false;
    this.#askSoon();
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    const chunks = questions.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes: BigInt(sizeBytes) }));
    try {
      const { missing } = await this.#artifacts.findMissingChunks(
        { leaseId: this.#leaseId, chunks },
        { signal: this.#signal },
      );
      const missingOnes = new Set(missing);
      for (const question of questions) question.answer(missingOnes.has(question.sha256));
    } catch (error) {
      for (const question of questions) question.fail(error);
    }
  }
}
