import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../http-client.ts";

/** A file of the cache. */
export interface CachedFile {
  readonly path: string;
  readonly sizeBytes: number;
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
