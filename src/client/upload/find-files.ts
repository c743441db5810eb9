import { lstat, realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { filePathProblem } from "../../domain/names.ts";
import { MAX_FILES_PER_COMMIT } from "../../domain/limits.ts";
import { InvalidInputError, LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import { PARTIAL_SUFFIX } from "../transfer/limits.ts";
import { listNames } from "../transfer/list-names.ts";
import { FolderWalk } from "./folder-walk.ts";
import { fileKind } from "./file-kind.ts";
import type { LocalFile } from "./local-file.ts";

/** What an upload will store. */
export interface FoundFiles {
  readonly files: readonly LocalFile[];
  readonly sizeBytes: number;
  readonly notices: readonly string[];
}

/**
 * Finds the files of all sources, and refuses what can't be stored before anything is sent. A file is stored under its
 * base name, a folder's content under paths relative to the folder.
 */
export async function findFiles(sources: readonly string[], signal?: AbortSignal): Promise<FoundFiles> {
  if (sources.length === 0)
    throw new InvalidInputError("There is nothing to upload: name at least one file or folder.");
  const collection = new Collection();
  for (const source of sources) {
    await findSource(source, collection, signal);
  }
  return collection.finish(sources);
}

async function findSource(
  source: string,
  collection: Collection,
  signal: AbortSignal | undefined,
): Promise<void> {
  const realPath = await resolveSource(source);
  const facts = await stat(realPath, { bigint: true });
  if (facts.isDirectory()) {
    const walk = new FolderWalk({
      shownRoot: source,
      realRoot: realPath,
      add: (file) => collection.add(file),
      signal,
    });
    await walk.run();
    collection.emptyFolders.push(...walk.emptyFolders);
    return;
  }
  if (!facts.isFile())
    throw new LocalFileError(
      source,
      `${source} is ${fileKind(facts)}; only files and folders can be uploaded.`,
    );
  collection.add({
    storedPath: basename(resolve(source)),
    realPath,
    shownPath: source,
    sizeBytes: Number(facts.size),
    mtimeNs: facts.mtimeNs,
  });
}

async function resolveSource(source: string): Promise<string> {
  try {
    return await realpath(source);
  } catch (error) {
    throw new LocalFileError(source, await describeMissing(source, errorCode(error)), { cause: error });
  }
}

async function describeMissing(source: string, code: string): Promise<string> {
  if (code === "ELOOP")
    return `${source} is a symbolic link that leads back to itself; name the file that is meant.`;
  if (code === "EACCES") return `${source} may not be read; check its permissions.`;
  const isLink = await lstat(source).then(
    (facts) => facts.isSymbolicLink(),
    () => false,
  );
  if (isLink)
    return `${source} is a symbolic link to something that does not exist; name the file that is meant.`;
  return `There is no file or folder ${source}; check the path.`;
}

/** Files by the path that they are stored under. */
class Collection {
  readonly emptyFolders: string[] = [];
  readonly #files = new Map<string, LocalFile>();
  #sizeBytes = 0;

  add(file: LocalFile): void {
    const problem = filePathProblem(file.storedPath);
    if (problem !== undefined) {
      throw new LocalFileError(
        file.shownPath,
        `${JSON.stringify(file.shownPath)} can't be stored: its path ${problem}. Rename it, then try again.`,
      );
    }
    if (file.storedPath.endsWith(PARTIAL_SUFFIX)) {
      throw new LocalFileError(
        file.shownPath,
        `${file.shownPath} is an unfinished download; finish the download or delete the file, then try again.`,
      );
    }
    const other = this.#files.get(file.storedPath);
    if (other !== undefined) throw clash(other, file);
    if (this.#files.size === MAX_FILES_PER_COMMIT) {
      throw new InvalidInputError(
        `There are more than ${MAX_FILES_PER_COMMIT} files; pack them into archives, or upload them as several artifacts.`,
      );
    }
    this.#files.set(file.storedPath, file);
    this.#sizeBytes += file.sizeBytes;
  }

  finish(sources: readonly string[]): FoundFiles {
    const files = [...this.#files.values()];
    if (files.length === 0) {
      throw new InvalidInputError(`There is no file in ${listNames(sources)}; empty folders are not stored.`);
    }
    for (const file of files) this.#refuseFileInFile(file);
    return { files, sizeBytes: this.#sizeBytes, notices: this.#notices() };
  }

  /** Two sources can bring a file `a` and a file `a/b`, which no folder could hold after a download. */
  #refuseFileInFile(file: LocalFile): void {
    for (let end = file.storedPath.indexOf("/"); end !== -1; end = file.storedPath.indexOf("/", end + 1)) {
      const folder = this.#files.get(file.storedPath.slice(0, end));
      if (folder !== undefined) throw clash(folder, file);
    }
  }

  #notices(): readonly string[] {
    const count = this.emptyFolders.length;
    if (count === 0) return [];
    const subject = count === 1 ? "1 empty folder is" : `${count} empty folders are`;
    return [`${subject} not stored: ${listNames(this.emptyFolders)}`];
  }
}

function clash(first: LocalFile, second: LocalFile): InvalidInputError {
  if (first.storedPath === second.storedPath) {
    return new InvalidInputError(
      `${first.shownPath} and ${second.shownPath} would both be stored as "${first.storedPath}"; ` +
        "rename one, or upload the folder that holds both.",
    );
  }
  return new InvalidInputError(
    `${first.shownPath} and ${second.shownPath} can't be stored together as "${first.storedPath}" and ` +
      `"${second.storedPath}"; rename one, or upload the folder that holds both.`,
  );
}
