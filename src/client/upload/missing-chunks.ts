import type { DirectUpload } from "../../gen/modelbox/v1/artifact_service_pb.ts";
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
  readonly #isDirect: () => boolean;
  readonly #uploads = new Map<string, DirectUpload>();
  readonly #waiting: Question[] = [];
  #waitingBytes = 0;
  #isAsking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    artifacts: ModelBoxClient["artifacts"],
    options: {
      readonly leaseId: string;
      readonly maxPerCall: number;
      readonly signal: AbortSignal;
      /** Whether to ask where in the object store chunks can be put. */
      readonly isDirect?: () => boolean;
    },
  ) {
    this.#isDirect = options.isDirect ?? (() => false);
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

  /** Where in the object store a missing chunk can be put, as the last answer said; to be used once. */
  takeUpload(sha256: string): DirectUpload | undefined {
    const upload = this.#uploads.get(sha256);
    this.#uploads.delete(sha256);
    return upload;
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
      const { missing, uploads } = await this.#artifacts.findMissingChunks(
        { leaseId: this.#leaseId, chunks, direct: this.#isDirect() },
        { signal: this.#signal },
      );
      for (const upload of uploads) this.#uploads.set(upload.sha256, upload);
      const missingOnes = new Set(missing);
      for (const question of questions) question.answer(missingOnes.has(question.sha256));
    } catch (error) {
      for (const question of questions) question.fail(error);
    }
  }
}
