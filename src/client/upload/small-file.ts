import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import { changed, OPEN_FLAGS, unreadable, type ReadChunk } from "./file-chunks.ts";
import { hasChanged, type LocalFile } from "./local-file.ts";

/** Reads a file that is one chunk, on this thread. Fails when the file is not as it was found. */
export async function readSmallFile(
  file: LocalFile,
  memory: ChunkMemory,
  signal: AbortSignal,
  measure: (read: () => void) => void,
): Promise<ReadChunk> {
  const lent = await memory.borrow(file.sizeBytes, signal);
  try {
    const { bytes } = lent;
    measure(() => readNow(file, bytes));
    return { lent, bytes };
  } catch (error) {
    lent[Symbol.dispose]();
    throw error;
  }
}

function readNow(file: LocalFile, target: Uint8Array): void {
  let opened: number | undefined;
  let isSame = true;
  try {
    opened = openSync(file.realPath, OPEN_FLAGS);
    for (let filled = 0; filled < target.length && isSame;) {
      const bytesRead = readSync(opened, target, filled, target.length - filled, filled);
      filled += bytesRead;
      isSame = bytesRead > 0;
    }
    // Looked at once the bytes are here, it tells of changes before and while they were read.
    isSame &&= !hasChanged(file, fstatSync(opened, { bigint: true }));
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
  if (!isSame) throw changed(file);
}
