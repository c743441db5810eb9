import type { BigIntStats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { MAX_FILE_PATH_BYTES } from "../../domain/limits.ts";
import { InvalidInputError, LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import { MAX_FOLDERS } from "../transfer/limits.ts";
import { fileKind } from "./file-kind.ts";
import type { LocalFile } from "./local-file.ts";

/** What to walk. */
export interface FolderWalkOptions {
  /** The folder as the user named it. */
  readonly shownRoot: string;
  /** The folder with links resolved. */
  readonly realRoot: string;
  /** Takes each file. */
  readonly add: (file: LocalFile) => void;
  readonly signal: AbortSignal | undefined;
}

/** A folder on the way down. */
interface Folder {
  readonly realPath: string;
  readonly shownPath: string;
  /** "" for the root, else with a slash at the end. */
  readonly prefix: string;
  readonly parent: Folder | undefined;
}

/** A name in a folder, and what is behind it, a link not followed. */
interface Entry {
  readonly name: string;
  readonly path: string;
  readonly shownPath: string;
  readonly facts: BigIntStats;
}

/** Names that are looked up at once. */
const LOOKS_AT_ONCE = 64;

/** Goes through a folder in the order of its names. Links are followed as long as they stay inside and lead to no loop. */
export class FolderWalk {
  readonly emptyFolders: string[] = [];
  readonly #options: FolderWalkOptions;
  #folderCount = 0;

  constructor(options: FolderWalkOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { realRoot, shownRoot } = this.#options;
    await this.#enter({ realPath: realRoot, shownPath: shownRoot, prefix: "", parent: undefined });
  }

  async #enter(folder: Folder): Promise<void> {
    this.#options.signal?.throwIfAborted();
    this.#folderCount += 1;
    if (this.#folderCount > MAX_FOLDERS) {
      throw new InvalidInputError(
        `${this.#options.shownRoot} has more than ${MAX_FOLDERS} folders; upload parts of it.`,
      );
    }
    if (Buffer.byteLength(folder.prefix) > MAX_FILE_PATH_BYTES) {
      throw new LocalFileError(
        folder.shownPath,
        `${folder.shownPath} lies too deep: a stored path has at most ${MAX_FILE_PATH_BYTES} bytes.`,
      );
    }
    const names = await listFolder(folder);
    if (names.length === 0) this.emptyFolders.push(folder.shownPath);
    const inOrder = names.toSorted();
    for (let at = 0; at < inOrder.length; at += LOOKS_AT_ONCE) {
      const some = inOrder.slice(at, at + LOOKS_AT_ONCE).map((name) => look(folder, name));
      for (const entry of await Promise.all(some)) await this.#visit(folder, entry);
    }
  }

  async #visit(folder: Folder, { name, path, shownPath, facts: own }: Entry): Promise<void> {
    const isLink = own.isSymbolicLink();
    const realPath = isLink ? await this.#follow(path, shownPath) : path;
    const facts = isLink ? await stat(realPath, { bigint: true }) : own;
    const storedPath = `${folder.prefix}${name}`;
    if (facts.isDirectory()) {
      if (isLink) refuseLoop(folder, realPath, shownPath);
      await this.#enter({ realPath, shownPath, prefix: `${storedPath}/`, parent: folder });
    } else if (facts.isFile()) {
      const sizeBytes = Number(facts.size);
      this.#options.add({ storedPath, realPath, shownPath, sizeBytes, mtimeNs: facts.mtimeNs });
    } else {
      throw new LocalFileError(
        shownPath,
        `${shownPath} is ${fileKind(facts)}, which can't be stored; remove it, then try again.`,
      );
    }
  }

  async #follow(path: string, shownPath: string): Promise<string> {
    const target = await resolveLink(path, shownPath);
    const { realRoot, shownRoot } = this.#options;
    const inside = realRoot.endsWith(sep) ? realRoot : `${realRoot}${sep}`;
    if (target !== realRoot && !target.startsWith(inside)) {
      throw new LocalFileError(
        shownPath,
        `${shownPath} is a symbolic link that leads out of ${shownRoot}; replace it by the file itself, then try again.`,
      );
    }
    return target;
  }
}

async function listFolder(folder: Folder): Promise<string[]> {
  try {
    return await readdir(folder.realPath);
  } catch (error) {
    throw new LocalFileError(
      folder.shownPath,
      `The folder ${folder.shownPath} can't be read (${errorCode(error)}); check its permissions.`,
      {
        cause: error,
      },
    );
  }
}

async function look(folder: Folder, name: string): Promise<Entry> {
  const path = join(folder.realPath, name);
  const shownPath = join(folder.shownPath, name);
  try {
    return { name, path, shownPath, facts: await lstat(path, { bigint: true }) };
  } catch (error) {
    // Bytes that are no UTF-8 were replaced when the name was read, so no file has the name that was made of them.
    const why = name.includes("\uFFFD")
      ? `The name of ${shownPath} is no valid UTF-8; rename it, then try again.`
      : `${shownPath} can't be read (${errorCode(error)}); it may just have been removed: try again.`;
    throw new LocalFileError(shownPath, why, { cause: error });
  }
}

async function resolveLink(path: string, shownPath: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const why =
      errorCode(error) === "ELOOP" ? "leads back to itself" : "leads to something that does not exist";
    throw new LocalFileError(
      shownPath,
      `${shownPath} is a symbolic link that ${why}; remove it, then try again.`,
      {
        cause: error,
      },
    );
  }
}

function refuseLoop(folder: Folder, target: string, shownPath: string): void {
  for (let above: Folder | undefined = folder; above !== undefined; above = above.parent) {
    if (above.realPath !== target) continue;
    throw new LocalFileError(
      shownPath,
      `${shownPath} is a symbolic link to ${above.shownPath}, which holds it: a loop. Remove it, then try again.`,
    );
  }
}
