import {
  closeSync,
  openSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../http-client.ts";
import { WRITE_BYTES } from "../transfer/limits.ts";
import { listChunks, listLoadedFiles, type LoadedFiles } from "./list-chunks.ts";

/** Smaller chunks are not kept: many tiny files would cost more than they save. */
export const MIN_CACHED_BYTES = 64 * 1024;
/** Of the file system, this much stays free whatever the limit is. */
const FREE_SHARE = 0.05;
/** After a clearing out there is room for new chunks up to the limit again. */
const KEPT_SHARE = 0.9;
/** A chunk that is used counts as new, but not every time. */
const TOUCH_AFTER_MS = 3_600_000;
/** A file of another process that died while it wrote. */
const ABANDONED_AFTER_MS = 3_600_000;
/** Loaded files that were used so recently may be about to be opened, or on their way, and stay. */
const IN_USE_MS = 600_000;

export interface ChunkCacheOptions {
  readonly folder: string;
  readonly limitBytes: number;
}

export interface CacheUse {
  readonly chunks: number;
  /** Whole files that an SDK has loaded. */
  readonly files: number;
  /** Of chunks and files together. */
  readonly bytes: number;
}

/**
 * Chunks of earlier downloads, shared by versions and by processes. docs/storage-layout.md has its form. What is in it is
 * checked when it is read, so nothing is flushed, and anything in it may be deleted at any time. It never fails a download:
 * a cache that can't be read is as one that is empty, and one that can't be written is read all the same.
 */
export class ChunkCache {
  readonly folder: string;
  readonly limitBytes: number;
  /** Undefined until something is to be written. */
  #sizeBytes: number | undefined;
  /** There is no room, or the folder is somebody else's: nothing is written any more. */
  #isClosed = false;
  #clearing: Promise<void> | undefined;

  constructor({ folder, limitBytes }: ChunkCacheOptions) {
    this.folder = folder;
    this.limitBytes = limitBytes;
  }

  /** Fills `into` with the chunk; false when it is not here, or not right. */
  read(sha256: string, into: Uint8Array): boolean {
    if (into.length < MIN_CACHED_BYTES) return false;
    const path = this.#path(sha256);
    try {
      if (readWhole(path, into) && new Bun.CryptoHasher("sha256").update(into).digest("hex") === sha256)
        return true;
      unlinkSync(path);
    } catch {
      // Gone meanwhile, or not ours to read: then it is fetched.
    }
    return false;
  }

  /** Keeps a chunk whose bytes are right, if there is room. */
  async write(sha256: string, bytes: Uint8Array): Promise<void> {
    if (this.#isClosed || bytes.length < MIN_CACHED_BYTES || bytes.length > this.limitBytes) return;
    try {
      await this.#open();
      if (this.#isClosed || isThere(this.#path(sha256))) return;
      // Somebody may have cleared it meanwhile.
      for (const part of ["tmp", join("chunks", sha256.slice(0, 2))])
        await mkdir(join(this.folder, part), { recursive: true, mode: 0o700 });
      this.#put(sha256, bytes);
      this.#sizeBytes = (this.#sizeBytes ?? 0) + bytes.length;
      if (this.#sizeBytes > this.limitBytes) await (this.#clearing ??= this.#clear());
    } catch {
      // A full disk, a folder of somebody else: nobody is to wait for a cache.
      this.#isClosed = true;
    }
  }

  async use(): Promise<CacheUse> {
    const [{ chunks }, loaded] = await Promise.all([listChunks(this.folder), listLoadedFiles(this.folder)]);
    return {
      chunks: chunks.length,
      files: loaded.reduce((sum, { files }) => sum + files, 0),
      bytes: sumOf(chunks) + sumOf(loaded),
    };
  }

  /** Deletes everything; returns what was there. */
  async clear(): Promise<CacheUse> {
    const before = await this.use();
    for (const part of ["chunks", "files", "tmp"])
      await rm(join(this.folder, part), { recursive: true, force: true });
    return before;
  }

  async #open(): Promise<void> {
    if (this.#sizeBytes !== undefined) return;
    await mkdir(join(this.folder, "tmp"), { recursive: true, mode: 0o700 });
    const { temporary } = await listChunks(this.folder);
    const now = Date.now();
    for (const { path, usedAtMs } of temporary) if (now - usedAtMs > ABANDONED_AFTER_MS) tryUnlink(path);
    this.#sizeBytes = (await this.use()).bytes;
    const { bavail, blocks, bsize } = statfsSync(this.folder);
    if (bavail < blocks * FREE_SHARE || bavail * bsize < this.limitBytes * FREE_SHARE) this.#isClosed = true;
  }

  #put(sha256: string, bytes: Uint8Array): void {
    const temporary = join(this.folder, "tmp", crypto.randomUUID());
    const file = openSync(temporary, "wx", 0o600);
    try {
      try {
        for (let written = 0; written < bytes.length;)
          written += writeSync(file, bytes, written, Math.min(WRITE_BYTES, bytes.length - written));
      } finally {
        closeSync(file);
      }
      renameSync(temporary, this.#path(sha256));
    } catch (error) {
      tryUnlink(temporary);
      throw error;
    }
  }

  /** Deletes what was used longest ago. Other processes may do the same, or have written meanwhile. */
  async #clear(): Promise<void> {
    const { chunks } = await listChunks(this.folder);
    const found = [
      ...chunks.map((chunk) => ({ ...chunk, remove: () => tryUnlink(chunk.path) })),
      ...(await listLoadedFiles(this.folder)).map((files) => ({
        ...files,
        remove: () => removeFiles(files),
      })),
    ];
    let sizeBytes = sumOf(found);
    for (const one of found.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (sizeBytes <= this.limitBytes * KEPT_SHARE) break;
      if (await one.remove()) sizeBytes -= one.sizeBytes;
    }
    this.#sizeBytes = sizeBytes;
    this.#clearing = undefined;
  }

  #path(sha256: string): string {
    return join(this.folder, "chunks", sha256.slice(0, 2), sha256);
  }
}

/** Reads a file of just this size, and notes that it was used; false when it has another one. */
function readWhole(path: string, into: Uint8Array): boolean {
  const file = openSync(path, "r");
  try {
    for (let filled = 0; filled < into.length;) {
      const count = readSync(file, into, filled, into.length - filled, filled);
      if (count === 0) return false;
      filled += count;
    }
  } finally {
    closeSync(file);
  }
  const { size, mtimeMs } = statSync(path);
  if (Date.now() - mtimeMs > TOUCH_AFTER_MS) tryTouch(path);
  return size === into.length;
}

function tryTouch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Not ours to write: it is read all the same.
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** False where they may be in use, or somebody else was quicker. */
async function removeFiles({ folder, usedAtMs }: LoadedFiles): Promise<boolean> {
  if (Math.abs(Date.now() - usedAtMs) < IN_USE_MS) return false;
  // At once, so that nobody finds half of them.
  const gone = join(folder, "..", `${crypto.randomUUID()}.removed`);
  try {
    await rename(folder, gone);
  } catch {
    return false;
  }
  await rm(gone, { recursive: true, force: true });
  return true;
}

function tryUnlink(path: string): boolean {
  try {
    unlinkSync(path);
  } catch (error) {
    // Another process was quicker.
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return true;
}

function sumOf(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
