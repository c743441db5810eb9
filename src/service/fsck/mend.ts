import { ObjectNotFoundError, ObjectTruncatedError } from "../../domain/blob-store.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Chunk, Pack } from "../../domain/entities.ts";
import { chunkObjectPrefix } from "../../domain/object-keys.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { findChain } from "../blobs/plain-bytes.ts";
import { readRight } from "../blobs/right-bytes.ts";
import { newChunk } from "../blobs/store-chunk.ts";
import type { Storage } from "../copy/storage.ts";

/** Objects of one digest that are tried. */
const MAX_COPIES = 10;

/** What became of a chunk. */
export type Mended = "repaired" | "quarantined" | "unrepaired";

/** Puts right bytes in the place of damaged ones, from wherever there are some. */
export class Mender {
  readonly #to: Storage;
  readonly #clock: Clock;
  readonly #other: Storage | undefined;

  /** The last repair that began. */
  #last: Promise<unknown> = Promise.resolve();

  /** `other`: a storage that may have the same chunks, such as a copy. */
  constructor(to: Storage, clock: Clock, other?: Storage) {
    this.#to = to;
    this.#clock = clock;
    this.#other = other;
  }

  /** Does repairs one after the other: chunks share bases. */
  inTurn(repair: (mender: Mender) => Promise<Mended>): Promise<Mended> {
    const turn = this.#last.then(() => repair(this));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Mends a chunk, its bases first. One that is not to be mended is quarantined, so that the next upload of the same file
   * mends it.
   */
  async chunk(digest: string): Promise<Mended> {
    const chain = await this.#to.metadata.read(async (tx) => {
      const [row] = await tx.chunks.getMany([digest]);
      return row && (await findChain(tx, row));
    });
    if (chain === undefined) return "unrepaired";
    let mended: Mended = "repaired";
    for (const chunk of chain.toReversed()) mended = await this.#one(chunk);
    return mended;
  }

  /** Gives a row to a chunk that files need and that has none. */
  async absent(digest: string, sizeBytes: number): Promise<Mended> {
    const bytes = await this.#copyOf({ digest, sizeBytes, objectKey: "" });
    if (bytes === undefined) return "unrepaired";
    await this.#store(undefined, { digest, sizeBytes }, bytes);
    return "repaired";
  }

  /** Stores a chunk plainly whose bytes can be read, though its row is not as it should be. */
  async plainly(chunk: Chunk): Promise<Mended> {
    const { bytes } = await readRight(this.#to, chunk);
    if (bytes === undefined) return this.chunk(chunk.digest);
    await this.#store(chunk, chunk, bytes);
    return "repaired";
  }

  /** Notes a pack that chunks are in. */
  async packRow({ packId }: Chunk): Promise<Mended> {
    const { blobs, metadata } = this.#to;
    const [one] = await metadata.read((tx) => tx.checks.chunksOfPack(packId, undefined, 1));
    if (one === undefined) return "repaired";
    const { objectKey } = one;
    const object = await blobs.stat(objectKey);
    // The chunks of a pack that is gone are quarantined one by one, once it is noted.
    const pack = { id: packId, objectKey, sizeBytes: object?.sizeBytes ?? 0, createdAt: one.createdAt };
    await metadata.write((tx) => tx.checks.putPack(pack));
    return "repaired";
  }

  async packSize(pack: Pack, sizeBytes: number): Promise<Mended> {
    await this.#to.metadata.write((tx) => tx.checks.putPack({ ...pack, sizeBytes }));
    return "repaired";
  }

  /** Forgets a pack that is gone, unless chunks are in it: these are mended for themselves. */
  async packWithoutObject({ id }: Pack): Promise<Mended> {
    return await this.#to.metadata.write(async (tx) => {
      if ((await tx.checks.chunksOfPack(id, undefined, 1)).length > 0) return "quarantined";
      await tx.checks.removePack(id);
      return "repaired";
    });
  }

  async totals(shard: number): Promise<Mended> {
    await this.#to.metadata.write((tx) => tx.checks.recount(shard));
    return "repaired";
  }

  async #one(chunk: Chunk): Promise<Mended> {
    const own = await readRight(this.#to, chunk);
    if (own.bytes !== undefined) {
      releaseBytes(own.bytes);
      if (chunk.state === "quarantined")
        await this.#to.metadata.write((tx) => tx.chunks.heal(chunk.digest, chunk.generation));
      return "repaired";
    }
    const bytes = await this.#copyOf(chunk);
    if (bytes === undefined) {
      await this.#to.metadata.write((tx) => tx.chunks.quarantine(chunk.digest, chunk.generation));
      return "quarantined";
    }
    await this.#store(chunk, chunk, bytes);
    return "repaired";
  }

  /** The right bytes of a chunk from another object of its digest, or from the other storage. */
  async #copyOf(
    chunk: Pick<Chunk, "digest" | "sizeBytes" | "objectKey">,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let tried = 0;
    for await (const { key, sizeBytes } of this.#to.blobs.list(chunkObjectPrefix(chunk.digest))) {
      if (key === chunk.objectKey || sizeBytes !== chunk.sizeBytes) continue;
      const bytes = await this.#readCopy(key, chunk);
      if (bytes !== undefined) return bytes;
      if ((tried += 1) === MAX_COPIES) break;
    }
    const other = this.#other;
    if (other === undefined) return undefined;
    const [row] = await other.metadata.read((tx) => tx.chunks.getMany([chunk.digest]));
    return row && (await readRight(other, row)).bytes;
  }

  async #readCopy(
    key: string,
    { digest, sizeBytes }: Pick<Chunk, "digest" | "sizeBytes">,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const range = { offsetBytes: 0, lengthBytes: sizeBytes };
      const digested = await sha256Elsewhere(await this.#to.blobs.readBytes(key, range));
      if (digested.sha256 === digest) return digested.bytes;
      releaseBytes(digested.bytes);
      return undefined;
    } catch (error) {
      if (error instanceof ObjectNotFoundError || error instanceof ObjectTruncatedError) return undefined;
      throw error;
    }
  }

  /** Stores bytes as a new object, and lets the row name it; releases the bytes. */
  async #store(
    old: Chunk | undefined,
    { digest, sizeBytes }: Pick<Chunk, "digest" | "sizeBytes">,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { blobs, metadata } = this.#to;
    const chunk = newChunk({ digest, sizeBytes }, this.#clock.nowMicros());
    const fresh = { ...chunk, durable: true, namespaceId: old?.namespaceId ?? "" };
    try {
      await blobs.writeBytes(fresh.objectKey, bytes, digest);
    } finally {
      releaseBytes(bytes);
    }
    await blobs.flush([fresh.objectKey]);
    const stored = await metadata.write(async (tx) => {
      if (old !== undefined) await tx.chunks.quarantine(digest, old.generation);
      return await tx.chunks.insert(fresh);
    });
    // An upload of the same bytes was quicker.
    if (stored.generation !== fresh.generation) await blobs.delete(fresh.objectKey);
  }
}
