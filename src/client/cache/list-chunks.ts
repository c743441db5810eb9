import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../http-client.ts";

/** A file of the cache. */
export interface CachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

/** Files that an SDK has put together from chunks, to load them from there. */
export interface LoadedFiles {
  readonly folder: string;
  readonly files: number;
  readonly sizeBytes: number;
  /** When they were used last, or written to. */
  readonly usedAtMs: number;
}

/** All files of a cache: chunks, and what is being written. Nothing where there is no cache. */
export async function listChunks(
  folder: string,
): Promise<{ readonly chunks: readonly CachedFile[]; readonly temporary: readonly CachedFile[] }> {
  const chunks: CachedFile[] = [];
  for (const name of await namesIn(join(folder, "chunks")))
    chunks.push(...(await filesIn(join(folder, "chunks", name))));
  return { chunks, temporary: await filesIn(join(folder, "tmp")) };
}

/** What SDKs have put together in a cache. */
export async function listLoadedFiles(folder: string): Promise<readonly LoadedFiles[]> {
  const found: LoadedFiles[] = [];
  for (const name of await namesIn(join(folder, "files"))) {
    const place = join(folder, "files", name);
    const own = await filesIn(place);
    const loaded = await filesBelow(join(place, "files"));
    found.push({
      folder: place,
      files: loaded.length,
      sizeBytes: loaded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      usedAtMs: Math.max(0, ...[...own, ...loaded].map(({ usedAtMs }) => usedAtMs)),
    });
  }
  return found;
}

async function filesBelow(folder: string): Promise<readonly CachedFile[]> {
  const entries = (await unlessGone(() => readdir(folder, { recursive: true, withFileTypes: true }))) ?? [];
  const folders = [
    folder,
    ...entries.filter((one) => one.isDirectory()).map((one) => join(one.parentPath, one.name)),
  ];
  return (await Promise.all(folders.map((one) => filesIn(one)))).flat();
}

async function filesIn(folder: string): Promise<readonly CachedFile[]> {
  const files: CachedFile[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const facts = await unlessGone(() => stat(path));
    if (facts?.isFile() === true) files.push({ path, sizeBytes: facts.size, usedAtMs: facts.mtimeMs });
  }
  return files;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await unlessGone(() => readdir(folder))) ?? [];
}

async function unlessGone<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
