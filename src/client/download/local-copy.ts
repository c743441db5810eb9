import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import type { StoredChunk } from "./stored-chunks.ts";

/** Links are not followed, and a pipe is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** What opening says when there is no file to read: nothing, or a link. */
const ABSENT_CODES: ReadonlySet<string> = new Set(["ENOENT", "ELOOP", "EMLINK"]);

/** A file that is on disk already and may have some of the right bytes. */
export class LocalCopy implements AsyncDisposable {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  /** The file at a path, or undefined when there is none. */
  static async open(path: string): Promise<LocalCopy | undefined> {
    const handle = await openIfThere(path);
    if (handle === undefined) return undefined;
    const facts = await handle.stat();
    if (facts.isFile()) return new LocalCopy(handle, facts.size);
    await handle.close();
    throw new LocalFileError(
      path,
      `${path} is no file, but a file must go there; remove it, or choose another folder.`,
    );
  }

  /** Calls `use` with the bytes of the chunk if they are right here; false when they are not. */
  async withChunk(
    chunk: StoredChunk,
    memory: ChunkMemory,
    signal: AbortSignal,
    use: (bytes: Uint8Array) => void,
  ): Promise<boolean> {
    if (chunk.offsetBytes + chunk.sizeBytes > this.sizeBytes) return false;
    using lent = await memory.borrow(chunk.sizeBytes, signal);
    const bytes = lent.bytes.subarray(0, chunk.sizeBytes);
    if (!(await hasRightBytes(this.#handle, chunk, bytes))) return false;
    use(bytes);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads a chunk into `bytes`, and tells whether it is the right one. */
export async function hasRightBytes(
  handle: FileHandle,
  chunk: StoredChunk,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, chunk.offsetBytes + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return isRight(chunk, bytes);
}

/** True when the bytes are those of the chunk. */
export function isRight(chunk: StoredChunk, bytes: Uint8Array): boolean {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex") === chunk.sha256;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, OPEN_FLAGS);
  } catch (error) {
    const code = errorCode(error);
    if (ABSENT_CODES.has(code)) return undefined;
    throw new LocalFileError(path, `${path} is there but can't be read (${code}); check its permissions.`, {
      cause: error,
    });
  }
}
