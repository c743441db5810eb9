import { failedPrecondition } from "../../domain/errors.ts";
import type { DirectTransfer } from "../../domain/direct-transfer.ts";
import type { Chunk, StoredFile } from "../../domain/entities.ts";
import { CHUNK_PREFIX } from "../../domain/object-keys.ts";
import {
  DIRECT_ADDRESS_LIFE_SECONDS,
  MAX_DIRECT_CHUNKS,
  MIN_DIRECT_CHUNK_BYTES,
} from "../../domain/limits.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { FindMissingChunksInput } from "./find-missing-chunks.ts";
import { findStoredFile } from "./open-file.ts";
import { findUploadLease } from "./upload-lease.ts";

/** Where a client can put a chunk itself. */
export interface DirectUpload {
  readonly digest: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Microseconds since 1970. */
  readonly expiresAt: number;
}

/** A chunk of a file, and where a client can read it. */
export interface DirectChunk {
  readonly digest: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** "" when only the server can read it. */
  readonly url: string;
}

/** Where to put the first MAX_DIRECT_CHUNKS of these chunks of an upload that are large enough; nowhere when all bytes go through the server. */
export async function directUploads(
  context: ServiceContext,
  caller: Caller,
  { leaseId, chunks }: FindMissingChunksInput,
  missing: readonly string[],
): Promise<readonly DirectUpload[]> {
  const { direct } = context;
  if (direct === undefined) return [];
  const now = context.clock.nowMicros();
  const lease = await context.metadata.read((tx) => findUploadLease(tx, caller, leaseId, now));
  const leftSeconds = Math.max(1, Math.floor((lease.expiresAt - now) / 1_000_000));
  const lifeSeconds = Math.min(DIRECT_ADDRESS_LIFE_SECONDS, leftSeconds);
  const sizes = new Map(chunks.map(({ digest, sizeBytes }) => [digest, sizeBytes]));
  const worthIt = missing.filter((digest) => (sizes.get(digest) ?? 0) >= MIN_DIRECT_CHUNK_BYTES);
  return Promise.all(
    worthIt.slice(0, MAX_DIRECT_CHUNKS).map(async (digest) => ({
      digest,
      ...(await direct.uploadAddress({ leaseId, digest }, sizes.get(digest) ?? 0, lifeSeconds)),
      expiresAt: now + lifeSeconds * 1_000_000,
    })),
  );
}

/** The chunks that hold bytes of a range of a file, with addresses of those that clients can read as they are stored. */
export async function directChunks(
  context: ServiceContext,
  caller: Caller,
  input: { readonly file: string; readonly offsetBytes: number; readonly lengthBytes: number },
): Promise<readonly DirectChunk[]> {
  const { direct } = context;
  const file = await findStoredFile(context, caller, { type: "id", id: input.file });
  if (direct === undefined) return [];
  const end = input.offsetBytes + input.lengthBytes;
  const found = await placesOf(context, file, input.offsetBytes, end);
  return Promise.all(
    found.map(async ({ place, chunk }) => ({
      digest: place.digest,
      offsetBytes: place.offsetBytes,
      sizeBytes: place.sizeBytes,
      url: await addressOf(direct, chunk),
    })),
  );
}

/** Throws unless clients may move bytes themselves. */
export function requireDirect({ direct }: ServiceContext): DirectTransfer {
  if (direct !== undefined) return direct;
  throw failedPrecondition(
    "NOT_DIRECT",
    'All bytes go through this server (blob_transfer = "proxy"); send chunks to PUT /v1/chunks.',
  );
}

async function placesOf(context: ServiceContext, file: StoredFile, begin: number, end: number) {
  return context.metadata.read(async (tx) => {
    const places = await tx.artifacts.fileChunks(file.id, begin, chunksUpTo(end - begin));
    const wanted = places.filter((place) => place.offsetBytes < end);
    const chunks = await tx.chunks.getMany([...new Set(wanted.map((place) => place.digest))]);
    const byDigest = new Map(chunks.map((chunk) => [chunk.digest, chunk]));
    return wanted.map((place) => ({ place, chunk: byDigest.get(place.digest) }));
  });
}

/** How many chunks that are worth an address can hold so many bytes. */
function chunksUpTo(lengthBytes: number): number {
  return Math.min(Math.ceil(lengthBytes / MIN_DIRECT_CHUNK_BYTES) + 1, MAX_DIRECT_CHUNKS);
}

/** An object that has other chunks too must not be given away, and one that is encoded is of no use. */
async function addressOf(direct: DirectTransfer, chunk: Chunk | undefined): Promise<string> {
  const isWhole =
    chunk?.encoding === "raw" && chunk.objectOffset === 0 && chunk.storedBytes === chunk.sizeBytes;
  if (!isWhole || chunk.sizeBytes < MIN_DIRECT_CHUNK_BYTES) return "";
  if (chunk.state !== "stored" || !chunk.objectKey.startsWith(CHUNK_PREFIX)) return "";
  return direct.downloadAddress(chunk.objectKey, DIRECT_ADDRESS_LIFE_SECONDS);
}
