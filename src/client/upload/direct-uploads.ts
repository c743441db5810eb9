import { MAX_DIRECT_CHUNKS, MIN_DIRECT_CHUNK_BYTES } from "../../domain/limits.ts";
import { putDirect } from "../direct-requests.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import type { DirectStore } from "../transfer/direct-store.ts";
import type { MissingChunks } from "./missing-chunks.ts";

/** The address that the server gave may have expired, so another is worth a try. */
const MAX_PUTS = 2;

/** What putting chunks to the object store needs. */
export interface DirectUploadsOptions {
  readonly client: ModelBoxClient;
  readonly store: DirectStore;
  readonly missing: MissingChunks;
  readonly leaseId: string;
  readonly signal: AbortSignal;
}

interface PutChunk {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly answer: (isThere: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** Puts chunks to the object store, and has the server take them in: many with one call, one call at a time. */
export class DirectUploads {
  readonly #options: DirectUploadsOptions;
  readonly #put: PutChunk[] = [];
  #isAsking = false;

  constructor(options: DirectUploadsOptions) {
    this.#options = options;
  }

  /** False when the chunk must go through the server. */
  async send(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { client, store, missing, signal } = this.#options;
    if (bytes.length < MIN_DIRECT_CHUNK_BYTES) return false;
    for (let puts = 0; puts < MAX_PUTS && store.isOn; puts += 1) {
      if (puts > 0 && !(await missing.isMissing(sha256, bytes.length))) return true;
      const upload = missing.takeUpload(sha256);
      if (upload === undefined) return false;
      if (await store.use(upload.url, () => putDirect(client.http, upload, bytes, signal)))
        return await this.#isTakenIn(sha256, bytes.length);
    }
    return false;
  }

  #isTakenIn(sha256: string, sizeBytes: number): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#put.push({ sha256, sizeBytes, answer: resolve, fail: reject });
    if (!this.#isAsking) void this.#ask();
    return promise;
  }

  /** Never throws: each chunk is told. */
  async #ask(): Promise<void> {
    const { client, leaseId, signal } = this.#options;
    this.#isAsking = true;
    while (this.#put.length > 0) {
      const group = this.#put.splice(0, MAX_DIRECT_CHUNKS);
      const chunks = group.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes: BigInt(sizeBytes) }));
      try {
        const { missing } = await client.artifacts.acceptChunks({ leaseId, chunks }, { signal });
        const gone = new Set(missing);
        for (const one of group) one.answer(!gone.has(one.sha256));
      } catch (error) {
        for (const one of group) one.fail(error);
      }
    }
    this.#isAsking = false;
  }
}
