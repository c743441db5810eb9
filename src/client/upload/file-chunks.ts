import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { ChunkCutter } from "../../blob/chunking/chunk-cutter.ts";
import { chooseCutter } from "../../blob/chunking/choose-cutter.ts";
import { LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import type { ChunkMemory, LentBytes } from "../transfer/chunk-memory.ts";
import { hasChanged, type LocalFile } from "./local-file.ts";

/** A chunk that was read. Whoever takes it disposes of `lent`. */
export interface ReadChunk {
  readonly lent: LentBytes;
  /** The part of the lent bytes that is the chunk. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A name may have become a link or a pipe since it was found: don't follow, don't wait. */
export const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a file once, from its beginning to its end, chunk by chunk. Fails when the file is not as it was found, or
 * changes while it is read.
 */
export async function* fileChunks(
  file: LocalFile,
  memory: ChunkMemory,
  signal: AbortSignal,
  cutterFor: () => ChunkCutter = chooseCutter,
): AsyncGenerator<ReadChunk, void, undefined> {
  await using handle = await openFile(file);
  await refuseChanged(file, handle);
  const cutter = cutterFor();
  let rest: Uint8Array = new Uint8Array(0);
  for (let offset = 0; offset < file.sizeBytes;) {
    const left = file.sizeBytes - offset;
    const lent = await memory.borrow(Math.min(cutter.maxWindowBytes, left), signal);
    try {
      const buffer = lent.bytes.subarray(0, left);
      // What a chunk of known length has no room for is read again in its turn.
      const begun = rest.subarray(0, buffer.length);
      buffer.set(begun);
      const { window, chunkBytes } = await nextChunk(file, handle, cutter, { buffer, begun, offset });
      // What lies beyond the chunk begins the next window; it is copied because the chunk is lent on.
      rest = window.slice(chunkBytes);
      offset += chunkBytes;
      yield { lent, bytes: window.subarray(0, chunkBytes) };
    } catch (error) {
      lent[Symbol.dispose]();
      throw error;
    }
  }
  await refuseChanged(file, handle);
}

async function openFile(file: LocalFile): Promise<FileHandle> {
  try {
    return await open(file.realPath, OPEN_FLAGS);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readSome(
  file: LocalFile,
  handle: FileHandle,
  target: Uint8Array,
  offset: number,
): Promise<number> {
  try {
    return (await handle.read(target, 0, target.length, offset)).bytesRead;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The error for a file that was found, and then could not be read. */
export function unreadable(file: LocalFile, cause: unknown): LocalFileError {
  const code = errorCode(cause);
  const why =
    code === "ENOENT" || code === "ELOOP"
      ? "it may have been moved: try again"
      : "check its permissions and the disk";
  return new LocalFileError(file.shownPath, `${file.shownPath} can't be read (${code}); ${why}.`, { cause });
}

async function refuseChanged(file: LocalFile, handle: FileHandle): Promise<void> {
  if (hasChanged(file, await handle.stat({ bigint: true }))) throw changed(file);
}

interface BegunWindow {
  /** Has room for all that a cutter may ask for, or all that is left of the file. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** What it is filled with already. */
  readonly begun: Uint8Array;
  readonly offset: number;
}

/** Reads until the cutter can tell the length of the chunk. */
async function nextChunk(
  file: LocalFile,
  handle: FileHandle,
  cutter: ChunkCutter,
  { buffer, begun, offset }: BegunWindow,
): Promise<{ readonly window: Uint8Array<ArrayBuffer>; readonly chunkBytes: number }> {
  for (let filled = begun.length; ;) {
    const wanted = Math.min(cutter.windowBytes, buffer.length);
    if (filled < wanted) {
      await readFully(file, handle, buffer.subarray(filled, wanted), offset + filled);
      filled = wanted;
    }
    const window = buffer.subarray(0, filled);
    const chunkBytes = cutter.nextLength(window);
    if (chunkBytes === undefined) continue;
    if (chunkBytes < 1 || chunkBytes > filled)
      throw new RangeError(`a cutter gave a chunk of ${chunkBytes} bytes`);
    return { window, chunkBytes };
  }
}

async function readFully(
  file: LocalFile,
  handle: FileHandle,
  target: Uint8Array,
  offset: number,
): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const bytesRead = await readSome(file, handle, target.subarray(filled), offset + filled);
    if (bytesRead === 0) throw changed(file);
    filled += bytesRead;
  }
}

/** The error for a file that is not as it was found. */
export function changed(file: LocalFile): LocalFileError {
  return new LocalFileError(
    file.shownPath,
    `${file.shownPath} changed while it was read; upload it again once nothing writes to it.`,
  );
}
