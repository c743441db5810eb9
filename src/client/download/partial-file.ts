import { constants, writeSync } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import { WRITE_BYTES } from "../transfer/limits.ts";
import type { FilePlace } from "./destination.ts";
import { hasRightBytes } from "./local-copy.ts";
import type { StoredChunk } from "./stored-chunks.ts";

const OPEN_FLAGS =
  constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file that is not whole yet. It keeps what it has when the download ends early, and gets its name when it is whole. */
export class PartialFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #place: FilePlace;
  /** How much of it an earlier download left. */
  readonly #earlierBytes: number;
  #isEmpty: boolean;
  #isClosed = false;

  private constructor(handle: FileHandle, place: FilePlace, earlierBytes: number) {
    this.#handle = handle;
    this.#place = place;
    this.#earlierBytes = earlierBytes;
    this.#isEmpty = earlierBytes === 0;
  }

  static async open(place: FilePlace): Promise<PartialFile> {
    const handle = await openFile(place.partialPath);
    const facts = await handle.stat();
    if (facts.isFile()) return new PartialFile(handle, place, facts.size);
    await handle.close();
    throw new LocalFileError(
      place.partialPath,
      `${place.partialPath} is no file; remove it, then try again.`,
    );
  }

  /** True when an earlier download left the right bytes of the chunk. */
  async has(chunk: StoredChunk, memory: ChunkMemory, signal: AbortSignal): Promise<boolean> {
    if (chunk.offsetBytes + chunk.sizeBytes > this.#earlierBytes) return false;
    using lent = await memory.borrow(chunk.sizeBytes, signal);
    return await hasRightBytes(this.#handle, chunk, lent.bytes.subarray(0, chunk.sizeBytes));
  }

  /** Writes checked bytes, on this thread: the system only copies them, which takes less time than to ask another one. */
  write(bytes: Uint8Array, offsetBytes: number): void {
    this.#isEmpty = false;
    try {
      for (let written = 0; written < bytes.length;) {
        const length = Math.min(bytes.length - written, WRITE_BYTES);
        written += writeSync(this.#handle.fd, bytes, written, length, offsetBytes + written);
      }
    } catch (error) {
      throw cannotWrite(this.#place.partialPath, error);
    }
  }

  /**
   * All chunks are right: gives the file its name. It is not flushed: the server has it, and after a power failure
   * another download finds what is missing (docs/decisions/client-transfer.md).
   */
  async finish(sizeBytes: number): Promise<void> {
    this.#isEmpty = false;
    try {
      if (this.#earlierBytes > sizeBytes) await this.#handle.truncate(sizeBytes);
      // Some file systems report only here that bytes did not arrive.
      await this.#close();
      await rename(this.#place.partialPath, this.#place.finalPath);
    } catch (error) {
      throw cannotWrite(this.#place.finalPath, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    if (this.#isEmpty) await rm(this.#place.partialPath, { force: true });
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_FLAGS, 0o666);
  } catch (error) {
    if (errorCode(error) !== "ELOOP") throw cannotWrite(path, error);
    throw new LocalFileError(path, `${path} is a symbolic link; remove it, then try again.`, {
      cause: error,
    });
  }
}

/** The error for a file that could not be written. */
export function cannotWrite(path: string, error: unknown): LocalFileError {
  const code = errorCode(error);
  const advice =
    code === "ENOSPC" || code === "EDQUOT" ? "make room on the disk" : "check the permissions of its folder";
  return new LocalFileError(
    path,
    `${path} can't be written (${code}); ${advice}, then download again to go on.`,
    {
      cause: error,
    },
  );
}
