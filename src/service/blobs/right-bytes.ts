import { CorruptEncodingError } from "../../blob/encoding/corrupt-encoding-error.ts";
import { ObjectNotFoundError, ObjectTruncatedError } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
import { releaseBytes } from "../../hashing/release.ts";
import type { ServiceContext } from "../context.ts";
import { readPlain } from "./plain-bytes.ts";
import type { CorruptChunk } from "./transfers.ts";

/** What is wrong with a chunk's stored bytes. */
export type ChunkProblem = CorruptChunk["problem"];

/** The bytes of a chunk that are its digest's, to be released by the caller; or why there are none. */
export type RightBytes =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: ChunkProblem };

/** Reads a chunk, whatever form it is stored in, and takes its digest. */
export async function readRight(
  storage: Pick<ServiceContext, "metadata" | "blobs">,
  chunk: Chunk,
): Promise<RightBytes> {
  try {
    const digested = await sha256Elsewhere(await readPlain(storage, chunk));
    if (digested.sha256 === chunk.digest && digested.bytes.byteLength === chunk.sizeBytes)
      return { bytes: digested.bytes };
    releaseBytes(digested.bytes);
    return { problem: "wrong_digest" };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { problem: "absent" };
    if (error instanceof ObjectTruncatedError) return { problem: "truncated" };
    if (error instanceof CorruptEncodingError) return { problem: "wrong_digest" };
    throw error;
  }
}
