import { sha256 as sha256Here, sha256Elsewhere } from "../../hashing/digests.ts";
import type { Caller } from "../context.ts";
import { digestMismatch } from "./body-errors.ts";
import type { ChunkInput } from "./find-missing-chunks.ts";
import { MAX_RECORDINGS_AHEAD } from "./flow-limits.ts";
import type { FileInput } from "./fingerprint-files.ts";
import { lookUpChunk, storeBytes } from "./store-chunk.ts";
import type { LentBuffer } from "./semaphore.ts";
import type { Transfers } from "./transfers.ts";

export interface StoreFileInput {
  readonly leaseId: string;
  readonly path: string;
  /** SHA-256 (hex) that the client gives for the whole body; undefined when it gives none. */
  readonly expectedDigest?: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Stores a plain body under an upload lease, cut into chunks of one size. Nothing is visible before a commit names the
 * file. The digest of the whole file is taken on the way.
 */
export function storeFile(
  transfers: Transfers,
  caller: Caller,
  { leaseId, path, expectedDigest, body }: StoreFileInput,
): Promise<FileInput> {
  return transfers.cuts.run(async (buffer) => {
    using _busy = transfers.load.begin();
    const whole = new Bun.CryptoHasher("sha256");
    const chunks: ChunkInput[] = [];
    const recordings = new RecordingsAhead();
    try {
      for await (const sizeBytes of cut(body, buffer)) {
        whole.update(buffer.bytes.subarray(0, sizeBytes));
        const digest = await digestOf(buffer, sizeBytes);
        const chunk = { digest, sizeBytes };
        const known = await lookUpChunk(transfers, caller, leaseId, digest);
        const bytes = buffer.bytes.subarray(0, sizeBytes);
        const record = await storeBytes(transfers, caller, leaseId, chunk, bytes, known);
        chunks.push(chunk);
        await recordings.add(record());
      }
    } finally {
      await recordings.end();
    }
    const sha256 = whole.digest("hex");
    if (expectedDigest !== undefined && sha256 !== expectedDigest)
      throw digestMismatch(expectedDigest, sha256);
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    return { path, sizeBytes, sha256, isVerified: true, chunks };
  });
}

/** A full buffer goes to another thread for its digest, and others are served meanwhile. */
async function digestOf(buffer: LentBuffer, sizeBytes: number): Promise<string> {
  if (sizeBytes < buffer.bytes.byteLength) return sha256Here(buffer.bytes.subarray(0, sizeBytes));
  const { sha256, bytes } = await sha256Elsewhere(buffer.bytes);
  buffer.bytes = bytes;
  return sha256;
}

/** The transactions that record a file's chunks run while more of the file arrives; their failures come up later. */
class RecordingsAhead {
  readonly #running: Promise<void>[] = [];

  async add(recording: Promise<void>): Promise<void> {
    // Each is awaited in its turn.
    recording.catch(() => undefined);
    this.#running.push(recording);
    if (this.#running.length >= MAX_RECORDINGS_AHEAD) await this.#running.shift();
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.splice(0));
  }
}

/** Collects a body in the buffer, and yields how much of it is filled: all, but for the last time. */
async function* cut(body: AsyncIterable<Uint8Array>, buffer: LentBuffer): AsyncGenerator<number> {
  let filledBytes = 0;
  for await (const arrived of body) {
    let rest = arrived;
    while (rest.byteLength > 0) {
      const piece = rest.subarray(0, buffer.bytes.byteLength - filledBytes);
      buffer.bytes.set(piece, filledBytes);
      filledBytes += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
      if (filledBytes < buffer.bytes.byteLength) continue;
      yield filledBytes;
      filledBytes = 0;
    }
  }
  if (filledBytes > 0) yield filledBytes;
}
