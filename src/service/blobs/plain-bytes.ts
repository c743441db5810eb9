import { decode } from "../../blob/encoding/codec.ts";
import { decoders } from "../../blob/encoding/codec-threads.ts";
import type { Decoded } from "../../blob/encoding/codec-tasks.ts";
import { type NewArray, ObjectNotFoundError } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { MAX_CHAIN_DEPTH } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { releaseOwned } from "../../hashing/release.ts";
import type { ServiceContext } from "../context.ts";

/** Fewer bytes are decoded sooner than handed to another thread. */
const MIN_HANDED_OVER_BYTES = 64 * 1024;
/** Looks at a chain that moves while it is read. */
const MAX_ATTEMPTS = 3;

type Storage = Pick<ServiceContext, "metadata" | "blobs">;

/**
 * The bytes of a chunk as clients see them, decoded along its chain of bases, in an array that is the caller's: one that
 * `newArray` made, if it could be filled. They are not checked: only their digest tells whether they are right. When a row or an
 * object of the chain moves meanwhile, it is looked up again.
 *
 * Throws ObjectNotFoundError, also when a base has no row; ObjectTruncatedError; or CorruptEncodingError. At most four
 * chunks are in memory at a time, however long the chain is.
 */
export async function readPlain(
  storage: Storage,
  chunk: Chunk,
  newArray?: NewArray,
): Promise<Uint8Array<ArrayBuffer>> {
  let chain = chunk.baseDigest === "" ? [chunk] : await storage.metadata.read((tx) => findChain(tx, chunk));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readChain(storage, chain, newArray);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      const latest = await storage.metadata.read(async (tx) => {
        const [row] = await tx.chunks.getMany([chunk.digest]);
        return row && (await findChain(tx, row));
      });
      if (latest === undefined || keysOf(latest) === keysOf(chain)) throw error;
      chain = latest;
    }
  }
}

/**
 * The rows of a chunk, its base, the base of that, and so on. The last one has no base, unless a row is missing or the
 * chain is too long: then it can't be decoded.
 */
export async function findChain(tx: MetadataReader, chunk: Chunk): Promise<readonly Chunk[]> {
  const chain = [chunk];
  let next = chunk.baseDigest;
  while (next !== "" && chain.length <= MAX_CHAIN_DEPTH) {
    const [base] = await tx.chunks.getMany([next]);
    if (base === undefined) break;
    chain.push(base);
    next = base.baseDigest;
  }
  return chain;
}

async function readChain(
  { blobs }: Storage,
  chain: readonly Chunk[],
  newArray: NewArray | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  let base: Uint8Array<ArrayBuffer> | undefined;
  try {
    const last = chain.at(-1);
    if (last !== undefined && last.baseDigest !== "") throw new ObjectNotFoundError(`of ${last.baseDigest}`);
    for (let index = chain.length - 1; ; index -= 1) {
      const chunk = chain[index];
      if (chunk === undefined) throw new Error("a chain without chunks");
      const link = await readLink(blobs, chunk, base, index === 0 ? newArray : undefined);
      base = link.base;
      if (index === 0) return link.bytes;
      if (base !== undefined) releaseOwned(base);
      base = link.bytes;
    }
  } finally {
    if (base !== undefined) releaseOwned(base);
  }
}

/** The plain bytes of one chunk, whose base's are at hand: they are moved to another thread and come back. */
async function readLink(
  blobs: ServiceContext["blobs"],
  { encoding, objectKey, objectOffset, storedBytes, sizeBytes }: Chunk,
  base: Uint8Array<ArrayBuffer> | undefined,
  newArray: NewArray | undefined,
): Promise<Decoded> {
  const range = { offsetBytes: objectOffset, lengthBytes: storedBytes };
  if (encoding === "raw") return { bytes: await blobs.readBytes(objectKey, range, newArray), base };
  const read = await blobs.readBytes(objectKey, range);
  const stored = read.buffer.byteLength === read.byteLength ? read : read.slice();
  if (sizeBytes >= MIN_HANDED_OVER_BYTES) return decoders.decode({ encoding, stored, sizeBytes, base });
  return { bytes: decode(encoding, stored, sizeBytes, base), base };
}

function keysOf(chain: readonly Chunk[]): string {
  return chain.map(({ objectKey, objectOffset }) => `${objectKey} ${objectOffset}`).join("\n");
}
