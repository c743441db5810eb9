import type { CodecThreads } from "../../blob/encoding/codec-threads.ts";
import { CorruptEncodingError } from "../../blob/encoding/corrupt-encoding-error.ts";
import type { Encoded } from "../../blob/encoding/codec-tasks.ts";
import type { Chunk, ChunkEncoding } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "../../domain/limits.ts";
import { chunkObjectKey } from "../../domain/object-keys.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
import { releaseOwned } from "../../hashing/release.ts";
import { readRight } from "../blobs/right-bytes.ts";
import type { ServiceContext } from "../context.ts";
import { MAX_BUILT_DEPTH } from "./limits.ts";

/** Told of each chunk. */
export interface EncodingObserver {
  encoded(chunk: { readonly encoding: ChunkEncoding; readonly before: number; readonly after: number }): void;
  /** The bytes of a chunk are damaged, or its new form was not stored as it was written. */
  failed(digest: string, problem: string): void;
  worked(seconds: number): void;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Stores chunks in smaller forms. Every step leaves all chunks readable, so it may end anywhere. */
export class Encoder {
  readonly #context: ServiceContext;
  readonly #threads: CodecThreads;
  readonly #observer: EncodingObserver;

  constructor(context: ServiceContext, threads: CodecThreads, observer: EncodingObserver) {
    this.#context = context;
    this.#threads = threads;
    this.#observer = observer;
  }

  /**
   * Encodes a chunk by itself, and the one that it follows as the difference to it: the newer one is read more, and the
   * older one goes first. One that rests stays as it is.
   */
  async encodePair(digest: string, earlierDigest: string | undefined, isResting: boolean): Promise<void> {
    const [chunk, earlier] = await this.#rows(digest, earlierDigest);
    if (chunk === undefined || chunk.state !== "stored") return;
    const isNew = !isResting && isEncodable(chunk) && chunk.encoding === "raw";
    const wanted = earlier !== undefined && (await this.#mayBuild(earlier, chunk)) ? earlier : undefined;
    if (!isNew && wanted === undefined) return;
    let bytes = await this.#readChecked(chunk);
    if (bytes === undefined) return;
    try {
      if (isNew) bytes = await this.#encode(chunk, bytes, undefined);
      if (wanted === undefined || bytes === undefined) return;
      const earlierBytes = await this.#readChecked(wanted);
      if (earlierBytes !== undefined)
        releaseOwned((await this.#encode(wanted, earlierBytes, { chunk, bytes })) ?? NONE);
    } finally {
      if (bytes !== undefined) releaseOwned(bytes);
    }
  }

  /** Stores a chunk without its base. False when it could not be read: then the base must stay. */
  async rebase(digest: string): Promise<boolean> {
    const [chunk] = await this.#rows(digest, undefined);
    if (chunk === undefined || chunk.baseDigest === "" || chunk.state === "condemned") return true;
    const bytes = await this.#readChecked(chunk);
    if (bytes === undefined) return false;
    const encoded = await this.#timed(() => this.#threads.encode({ bytes, base: undefined }));
    try {
      return await this.#replace(chunk, encoded, undefined);
    } finally {
      releaseOwned(encoded.bytes);
      if (encoded.stored !== undefined) releaseOwned(encoded.stored);
    }
  }

  async #rows(digest: string, earlierDigest: string | undefined): Promise<readonly (Chunk | undefined)[]> {
    const digests = earlierDigest === undefined ? [digest] : [digest, earlierDigest];
    const rows = await this.#context.metadata.read((tx) => tx.chunks.getMany(digests));
    return digests.map((one) => rows.find((row) => row.digest === one));
  }

  /** Whether a chunk may become a difference to its base: switchForm has the last word. */
  async #mayBuild(chunk: Chunk, base: Chunk): Promise<boolean> {
    if (!isEncodable(chunk) || chunk.baseDigest !== "" || chunk.digest === base.digest || !base.durable)
      return false;
    if (base.createdAt < chunk.createdAt) return false;
    const limit = MAX_BUILT_DEPTH - base.chainDepth;
    return (await this.#context.metadata.read((tx) => tx.encodings.height(chunk.digest, limit))) < limit;
  }

  /** Encodes the chunk if that saves something; gives its bytes back. Those of the base are used up. */
  async #encode(
    chunk: Chunk,
    bytes: Bytes,
    base: { readonly chunk: Chunk; bytes: Bytes } | undefined,
  ): Promise<Bytes | undefined> {
    const encoded = await this.#timed(() => this.#threads.encode({ bytes, base: base?.bytes }));
    const { stored } = encoded;
    if (encoded.base !== undefined) releaseOwned(encoded.base);
    if (stored === undefined) return encoded.bytes;
    try {
      if (stored.byteLength < chunk.storedBytes) await this.#replace(chunk, encoded, base?.chunk);
      return encoded.bytes;
    } finally {
      releaseOwned(stored);
    }
  }

  /** Writes the new form, reads it back, and puts it in the place of the old one. */
  async #replace(chunk: Chunk, encoded: Encoded, base: Chunk | undefined): Promise<boolean> {
    const { blobs, metadata, clock } = this.#context;
    const isRaw = encoded.stored === undefined;
    const stored = encoded.stored ?? encoded.bytes;
    const storedSha256 = isRaw ? chunk.digest : encoded.sha256;
    const generation = newId();
    const baseDigest = encoded.encoding === "delta-grouped-zstd" ? (base?.digest ?? "") : "";
    const next: Chunk = {
      ...chunk,
      generation,
      objectKey: chunkObjectKey(chunk.digest, generation),
      objectOffset: 0,
      storedBytes: stored.byteLength,
      encoding: encoded.encoding,
      baseDigest,
      chainDepth: baseDigest === "" ? 0 : (base?.chainDepth ?? 0) + 1,
      state: "stored",
      durable: true,
      packId: "",
    };
    await blobs.writeBytes(next.objectKey, stored, storedSha256);
    try {
      await blobs.flush([next.objectKey]);
      const range = { offsetBytes: 0, lengthBytes: next.storedBytes };
      const again = await sha256Elsewhere(await blobs.readBytes(next.objectKey, range));
      releaseOwned(again.bytes);
      if (again.sha256 !== storedSha256) throw new CorruptEncodingError("was not stored as it was written");
    } catch (error) {
      await blobs.delete(next.objectKey);
      if (!(error instanceof CorruptEncodingError)) throw error;
      this.#observer.failed(chunk.digest, error.message);
      return false;
    }
    // When nobody can tell whether this was committed, the object stays: collection finds out.
    const isSwitched = await metadata.write((tx) => tx.encodings.switchForm(chunk, next, clock.nowMicros()));
    if (!isSwitched) {
      await blobs.delete(next.objectKey);
      return false;
    }
    const { encoding, storedBytes } = next;
    this.#observer.encoded({ encoding, before: chunk.storedBytes, after: storedBytes });
    return true;
  }

  /** The bytes of a chunk, with a buffer of their own; undefined when they are damaged. */
  async #readChecked(chunk: Chunk): Promise<Bytes | undefined> {
    const { bytes } = await readRight(this.#context, chunk);
    if (bytes !== undefined) return bytes.buffer.byteLength === bytes.byteLength ? bytes : bytes.slice();
    // Whoever reads it next, or fsck, deals with that.
    this.#observer.failed(chunk.digest, "its stored bytes are damaged");
    return undefined;
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.#observer.worked((performance.now() - begin) / 1000);
    }
  }
}

const NONE = new Uint8Array(0);

/** Chunks of packs share an object: they are small, and would need one each. */
function isEncodable({ state, durable, packId, sizeBytes }: Chunk): boolean {
  return state === "stored" && durable && packId === "" && sizeBytes >= MIN_ENCODED_CHUNK_BYTES;
}
