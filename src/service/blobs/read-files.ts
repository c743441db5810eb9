import type { StoredFile } from "../../domain/entities.ts";
import { DomainError, invalid } from "../../domain/errors.ts";
import { MAX_READ_FILES_BYTES } from "../../domain/limits.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { missingFile } from "../references/missing.ts";
import { openChecked } from "./check-chunk.ts";
import { MAX_READ_CHUNKS, SEND_PIECE_BYTES, WAIT_FOR_ROOM_MS } from "./flow-limits.ts";
import { requireStored } from "./open-file.ts";
import { readPacked, type PlacedChunk } from "./read-packed.ts";
import type { Transfers } from "./transfers.ts";

/** Small files that are read together. */
export interface SmallFiles {
  /** Of all of them. */
  readonly sizeBytes: number;
  readonly chunks: ReadonlyMap<string, PlacedChunk>;
}

/** Looks up whole files, in the order of their ids; throws unless the caller may read every one. */
export async function findSmallFiles(
  context: ServiceContext,
  caller: Caller,
  ids: readonly string[],
): Promise<SmallFiles> {
  return await context.metadata.read(async (tx) => {
    const found = new Map((await tx.artifacts.filesById(ids)).map((file) => [file.id, file]));
    const begins = placesOf(ids, found, caller);
    const pieces = await tx.artifacts.chunksOfFiles(ids, MAX_READ_CHUNKS + 1);
    if (pieces.length > MAX_READ_CHUNKS)
      throw invalid("files", `must have at most ${MAX_READ_CHUNKS} chunks; read fewer at once`);
    const rows = await tx.chunks.getMany(pieces.map(({ digest }) => digest));
    const byDigest = new Map(rows.map((row) => [row.digest, row]));
    const chunks = new Map<string, PlacedChunk & { readonly places: number[] }>();
    for (const { fileId, digest, offsetBytes, sizeBytes } of pieces) {
      const placed = chunks.get(digest) ?? { digest, chunk: byDigest.get(digest), sizeBytes, places: [] };
      placed.places.push((begins.places.get(fileId) ?? 0) + offsetBytes);
      chunks.set(digest, placed);
    }
    return { sizeBytes: begins.end, chunks };
  });
}

function placesOf(
  ids: readonly string[],
  found: ReadonlyMap<string, StoredFile>,
  caller: Caller,
): { readonly places: ReadonlyMap<string, number>; readonly end: number } {
  const places = new Map<string, number>();
  let end = 0;
  for (const id of ids) {
    const file = found.get(id);
    if (file === undefined || !canRead(caller, file.namespaceId)) throw missingFile(id);
    requireStored(file);
    if (places.has(id)) throw invalid("files", `must name each file once, "${id}" is there twice`);
    places.set(id, end);
    end += file.sizeBytes;
    if (end > MAX_READ_FILES_BYTES)
      throw invalid("files", `must have at most ${MAX_READ_FILES_BYTES} bytes together; read fewer at once`);
  }
  return { places, end };
}

/**
 * The bytes of all files, one after the other, in pieces. A piece is there until the next one is asked for. All chunks are
 * checked before the first piece, so the caller must ask for that before it promises success: throws DomainError "data_loss" when one is
 * damaged.
 */
export async function* readSmallFiles(
  transfers: Transfers,
  { sizeBytes, chunks }: SmallFiles,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  if (sizeBytes === 0) return;
  using _busy = transfers.load.begin();
  const { kept, buffers } = transfers;
  if (!(await kept.takeSoon(sizeBytes, WAIT_FOR_ROOM_MS))) throw noRoom();
  const bytes = buffers.take(sizeBytes);
  try {
    const put = ({ places }: PlacedChunk, content: Uint8Array, at = 0) => {
      for (const place of places) bytes.set(content, place + at);
    };
    for (const placed of await readPacked(transfers, [...chunks.values()], put)) {
      await using checked = await openChecked(transfers, placed.digest, placed.chunk, "most");
      let at = 0;
      for await (const piece of checked.pieces(0, placed.sizeBytes)) {
        put(placed, piece, at);
        at += piece.byteLength;
      }
    }
    for (let next = 0; next < sizeBytes; next += SEND_PIECE_BYTES)
      yield bytes.subarray(next, Math.min(next + SEND_PIECE_BYTES, sizeBytes));
  } finally {
    buffers.giveBack(bytes);
    kept.giveBack(sizeBytes);
  }
}

function noRoom(): DomainError {
  return new DomainError(
    "unavailable",
    "NO_ROOM",
    "The server sends as many files as it has memory for; ask again, or for one file at a time.",
  );
}
