import type { Caller } from "../context.ts";
import { digestMismatch } from "./body-errors.ts";
import type { ChunkInput } from "./find-missing-chunks.ts";
import { MAX_RECORDINGS_AHEAD } from "./flow-limits.ts";
import type { FileInput } from "./fingerprint-files.ts";
import { holdChunk, lookUpChunk, openChunk } from "./store-chunk.ts";
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
      for await (const bytes of cut(body, buffer)) {
        // On another thread, while this one takes the digest of the whole.
        const digest = crypto.subtle.digest("SHA-256", bytes);
        whole.update(bytes);
        const chunk = { digest: Buffer.from(await digest).toString("hex"), sizeBytes: bytes.byteLength };
        const record = await storeBytes(transfers, caller, leaseId, chunk, bytes);
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

/** Stores a chunk, unless its digest is stored; returns how to record it. */
async function storeBytes(
  transfers: Transfers,
  caller: Caller,
  leaseId: string,
  chunk: ChunkInput,
  bytes: Uint8Array,
): Promise<() => Promise<void>> {
  const { isStored } = await lookUpChunk(transfers, caller, leaseId, chunk.digest);
  if (isStored) return () => holdChunk(transfers, caller, leaseId, chunk.digest);
  await using opened = await openChunk(transfers, caller, leaseId, chunk);
  await opened.write(bytes);
  const checksum = transfers.notes.checksum();
  checksum.add(bytes);
  await opened.commit(checksum.finish());
  return () => opened.record();
}

/** Collects a body in the buffer; what it yields is valid until the next is asked for. The last may not fill it. */
async function* cut(
  body: AsyncIterable<Uint8Array>,
  buffer: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let filledBytes = 0;
  for await (const arrived of body) {
    let rest = arrived;
    while (rest.byteLength > 0) {
      const piece = rest.subarray(0, buffer.byteLength - filledBytes);
      buffer.set(piece, filledBytes);
      filledBytes += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
      if (filledBytes < buffer.byteLength) continue;
      yield buffer;
      filledBytes = 0;
    }
  }
  if (filledBytes > 0) yield buffer.subarray(0, filledBytes);
}
