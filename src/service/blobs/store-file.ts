import { chooseCutter } from "../../blob/chunking/choose-cutter.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
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
 * Stores a plain body under an upload lease, cut as clients cut files. Nothing is visible before a commit names the
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

/** The buffer goes to another thread for the digest, and others are served meanwhile. */
async function digestOf(buffer: LentBuffer, sizeBytes: number): Promise<string> {
  const { sha256, bytes } = await sha256Elsewhere(buffer.bytes.subarray(0, sizeBytes));
  buffer.bytes = new Uint8Array(bytes.buffer);
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

/** Collects a body in the buffer, and yields the length of each chunk that it begins with then. */
async function* cut(body: AsyncIterable<Uint8Array>, buffer: LentBuffer): AsyncGenerator<number> {
  const cutter = chooseCutter();
  let filledBytes = 0;
  const next = () => cutter.nextLength(buffer.bytes.subarray(0, filledBytes));
  const pass = (sizeBytes: number) => {
    buffer.bytes.copyWithin(0, sizeBytes, filledBytes);
    filledBytes -= sizeBytes;
  };
  for await (const arrived of body) {
    for (let rest = arrived; rest.byteLength > 0;) {
      const piece = rest.subarray(0, cutter.windowBytes - filledBytes);
      buffer.bytes.set(piece, filledBytes);
      filledBytes += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
      while (filledBytes >= cutter.windowBytes) {
        const sizeBytes = next();
        if (sizeBytes === undefined) continue;
        yield sizeBytes;
        pass(sizeBytes);
      }
    }
  }
  while (filledBytes > 0) {
    const sizeBytes = next();
    if (sizeBytes === undefined) continue;
    yield sizeBytes;
    pass(sizeBytes);
  }
}
