import {
  ObjectNotFoundError,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ListedObject,
  type ObjectStat,
  type NewArray,
  type ReadRange,
  type WriteOptions,
} from "../../domain/blob-store.ts";
import { streamOf } from "../read-stream.ts";
import { bytesOf, writeBy } from "../whole-bytes.ts";
import { storageError, systemCode } from "./errors.ts";
import { realFileSystem, type FileStat, type FileSystem, type OpenFile } from "./file-system.ts";
import { flushAbove, flushFiles } from "./flush.ts";
import { removeLeftovers } from "./leftovers.ts";
import { listObjects } from "./list.ts";
import { BlobPaths, FILE_MODE, FOLDER_MODE } from "./paths.ts";
import { FileReader } from "./reader.ts";
import { WritePace } from "./write-pace.ts";
import { FileWriter } from "./writer.ts";

export interface FilesystemBlobStoreOptions {
  /** The folder; it is made when it is missing. */
  readonly baseDir: string;
  /** True for whoever works beside a server: then what its writers have begun is left alone. */
  readonly isBeside?: boolean;
  /** Default: the operating system's. */
  readonly files?: FileSystem;
  /** Default: on this thread as long as that is quick. */
  readonly pace?: WritePace;
  /** Milliseconds since 1970 as the file system notes them. Default: the machine's. */
  readonly nowMs?: () => number;
}

/** Objects are files below a folder; paths.ts draws the tree. */
export class FilesystemBlobStore implements BlobStore {
  readonly #paths: BlobPaths;
  readonly #files: FileSystem;
  readonly #pace: WritePace;
  readonly #openedAtMs: number;

  private constructor(paths: BlobPaths, files: FileSystem, pace: WritePace, openedAtMs: number) {
    this.#paths = paths;
    this.#files = files;
    this.#pace = pace;
    this.#openedAtMs = openedAtMs;
  }

  /** Makes the folders, and removes what writers of earlier processes left behind. */
  static async open({
    baseDir,
    isBeside = false,
    files = realFileSystem,
    pace = new WritePace(),
    nowMs = Date.now,
  }: FilesystemBlobStoreOptions): Promise<FilesystemBlobStore> {
    const openedAtMs = nowMs();
    const paths = new BlobPaths(baseDir);
    if (isBeside) return new FilesystemBlobStore(paths, files, pace, openedAtMs);
    try {
      await files.makeFolders(paths.temporary, FOLDER_MODE);
      await flushAbove(files, paths.baseDir);
      await removeLeftovers(files, paths, openedAtMs);
    } catch (error) {
      throw storageError(error);
    }
    return new FilesystemBlobStore(paths, files, pace, openedAtMs);
  }

  async openWriter(key: string, { sizeBytes }: WriteOptions): Promise<BlobWriter> {
    const path = this.#paths.object(key);
    const temporaryPath = this.#paths.temporaryFile(crypto.randomUUID());
    try {
      const file = this.#pace.isFast
        ? this.#pace.measure(() => this.#files.createNow(temporaryPath, FILE_MODE))
        : await this.#files.open(temporaryPath, "wx", FILE_MODE);
      return new FileWriter(file, { files: this.#files, pace: this.#pace, temporaryPath, path, sizeBytes });
    } catch (error) {
      throw storageError(error);
    }
  }

  flush(keys: readonly string[]): Promise<readonly string[]> {
    return flushFiles(this.#files, this.#paths, keys, this.#openedAtMs);
  }

  async read(key: string, range?: ReadRange): Promise<ReadableStream<Uint8Array>> {
    return streamOf(await this.openReader(key), range);
  }

  async openReader(key: string): Promise<BlobReader> {
    try {
      const file = await this.#files.open(this.#paths.object(key), "r");
      const { isFile, sizeBytes } = await statOrClose(file);
      if (isFile) return new FileReader(key, file, sizeBytes);
      await file.close();
      throw new ObjectNotFoundError(key);
    } catch (error) {
      if (isAbsent(error)) throw new ObjectNotFoundError(key, { cause: error });
      throw storageError(error);
    }
  }

  async readBytes(key: string, range: ReadRange, newArray?: NewArray): Promise<Uint8Array<ArrayBuffer>> {
    return bytesOf(await this.openReader(key), range, newArray);
  }

  async writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    await writeBy(await this.openWriter(key, { sizeBytes: bytes.byteLength, sha256 }), bytes);
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    try {
      const { sizeBytes, isFile } = await this.#files.stat(this.#paths.object(key));
      return isFile ? { sizeBytes } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storageError(error);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.#files.unlink(this.#paths.object(key));
    } catch (error) {
      if (!isAbsent(error)) throw storageError(error);
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    try {
      yield* listObjects(this.#files, this.#paths, prefix);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Writes, flushes and removes a temporary file: the folder can be there and yet be full or read-only. */
  async check(): Promise<void> {
    const path = this.#paths.temporaryFile(`check-${crypto.randomUUID()}`);
    try {
      const file = await this.#files.open(path, "wx", FILE_MODE);
      try {
        await file.write(new Uint8Array([1]), 0);
      } finally {
        await file.close();
        await this.#files.unlink(path);
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Files are open only while they are used.
  }
}

async function statOrClose(file: OpenFile): Promise<FileStat> {
  try {
    return await file.stat();
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A name too long for the file system is absent too: nobody can have stored it. */
function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG";
}
