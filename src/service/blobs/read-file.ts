import type { ReadRange } from "../../domain/blob-store.ts";
import type { Chunk, FileChunk, StoredFile } from "../../domain/entities.ts";
import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { missingFile } from "../references/missing.ts";
import { openChecked } from "./check-chunk.ts";
import type { CheckedChunk } from "./checked-bytes.ts";
import { CHUNKS_PER_LOOKUP } from "./flow-limits.ts";
import type { Transfers } from "./transfers.ts";

/**
 * The bytes of a file, or of a range of it, in pieces; each is valid until the next one is asked for. A chunk is checked
 * before its first byte goes out; the next one is checked while it is on its way. Throws DomainError "data_loss" where
 * bytes are damaged, so the caller must ask for the first piece before it promises success.
 */
export async function* readFile(
  transfers: Transfers,
  file: StoredFile,
  { offsetBytes, lengthBytes }: ReadRange,
  reason: "client" | "background" = "client",
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  if (lengthBytes === 0) return;
  using _busy = reason === "client" ? transfers.load.begin() : undefined;
  const end = offsetBytes + lengthBytes;
  for await (const { place, checked } of checkedChunks(transfers, file, offsetBytes, end)) {
    await using open = checked;
    const from = Math.max(offsetBytes - place.offsetBytes, 0);
    yield* open.pieces(from, Math.min(end - place.offsetBytes, place.sizeBytes));
  }
}

interface OpenedChunk {
  readonly place: FileChunk;
  readonly checked: CheckedChunk;
}

/** A piece of a file, and where its bytes were when it was looked up. */
interface FoundChunk {
  readonly place: FileChunk;
  readonly chunk: Chunk | undefined;
}

/** Opens the chunks in order, one ahead of the caller, who disposes them. */
async function* checkedChunks(
  transfers: Transfers,
  file: StoredFile,
  begin: number,
  end: number,
): AsyncGenerator<OpenedChunk, void, undefined> {
  const found = findChunks(transfers, file, begin, end);
  const open = async (): Promise<OpenedChunk | undefined> => {
    const next = await found.next();
    if (next.done === true) return undefined;
    const { place, chunk } = next.value;
    const wantedBytes =
      Math.min(end, place.offsetBytes + place.sizeBytes) - Math.max(begin, place.offsetBytes);
    const use = wantedBytes * 2 > place.sizeBytes ? "most" : "little";
    return { place, checked: await openChecked(transfers, place.digest, chunk, use) };
  };
  let ahead = open();
  try {
    for (;;) {
      const opened = await ahead;
      if (opened === undefined) return;
      ahead = open();
      // Whoever waits for it is told; a caller that leaves early never waits.
      ahead.catch(() => undefined);
      yield opened;
    }
  } finally {
    const left = await ahead.catch(() => undefined);
    await left?.checked[Symbol.asyncDispose]();
  }
}

/** The pieces of a file that overlap the range, a page at a time. Throws "not_found" when it is deleted meanwhile. */
async function* findChunks(
  { context }: Transfers,
  file: StoredFile,
  begin: number,
  end: number,
): AsyncGenerator<FoundChunk, void, undefined> {
  let from = begin;
  while (from < end) {
    const page = await context.metadata.read(async (tx) => {
      const places = await tx.artifacts.fileChunks(file.id, from, chunksUpTo(end - from));
      const chunks = await tx.chunks.getMany([...new Set(places.map((place) => place.digest))]);
      const byDigest = new Map(chunks.map((chunk) => [chunk.digest, chunk]));
      return places.map((place) => ({ place, chunk: byDigest.get(place.digest) }));
    });
    for (const found of page) {
      if (found.place.offsetBytes >= end) return;
      yield found;
    }
    const last = page.at(-1)?.place;
    if (last === undefined) throw missingFile(file.id);
    from = last.offsetBytes + last.sizeBytes;
  }
}

/** How many chunks are worth looking up for so many bytes: those of the usual size, and some. */
function chunksUpTo(lengthBytes: number): number {
  return Math.min(Math.ceil(lengthBytes / TARGET_CHUNK_BYTES) + 2, CHUNKS_PER_LOOKUP);
}
