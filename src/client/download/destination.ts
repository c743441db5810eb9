import { lstat, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LocalFileError } from "../errors.ts";
import { errorCode } from "../http-client.ts";
import { PARTIAL_SUFFIX } from "../transfer/limits.ts";

/** Longest name of a file in the file systems that are in use. */
const MAX_NAME_BYTES = 255;

/** Where a file goes. */
export interface FilePlace {
  readonly finalPath: string;
  /** Beside it, while it is not whole. */
  readonly partialPath: string;
}

/** The folder that a download writes to, and nothing outside of it: links on the way down are refused. */
export class Destination {
  /** Absolute, links resolved. */
  readonly path: string;
  readonly #safeFolders = new Set<string>();

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder when it is missing. The folder itself may be a link: the user named it. */
  static async open(path: string): Promise<Destination> {
    try {
      await mkdir(path, { recursive: true });
      return new Destination(await realpath(path));
    } catch (error) {
      throw new LocalFileError(
        path,
        `The folder ${path} can't be made (${errorCode(error)}); choose another one.`,
        {
          cause: error,
        },
      );
    }
  }

  /** The place of a stored path, which was validated before. Its folders exist afterwards. */
  async place(storedPath: string): Promise<FilePlace> {
    const parts = storedPath.split("/");
    let folder = this.path;
    for (const part of parts.slice(0, -1)) {
      folder = join(folder, part);
      await this.#makeSafe(folder);
    }
    const finalPath = join(this.path, ...parts);
    return { finalPath, partialPath: partialPath(finalPath) };
  }

  async #makeSafe(folder: string): Promise<void> {
    if (this.#safeFolders.has(folder)) return;
    try {
      await mkdir(folder);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") {
        throw new LocalFileError(
          folder,
          `The folder ${folder} can't be made (${errorCode(error)}); check its permissions.`,
          {
            cause: error,
          },
        );
      }
      await refuseUnlessFolder(folder);
    }
    this.#safeFolders.add(folder);
  }
}

async function refuseUnlessFolder(folder: string): Promise<void> {
  const facts = await lstat(folder);
  if (facts.isDirectory()) return;
  const what = facts.isSymbolicLink()
    ? "a symbolic link, which could lead out of the destination"
    : "no folder";
  throw new LocalFileError(folder, `${folder} is ${what}; remove it, or choose another destination.`);
}

/** A name that has no room for the ending is replaced by its digest. */
function partialPath(finalPath: string): string {
  const name = basename(finalPath);
  if (Buffer.byteLength(name) + PARTIAL_SUFFIX.length <= MAX_NAME_BYTES)
    return `${finalPath}${PARTIAL_SUFFIX}`;
  const digest = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  return join(dirname(finalPath), `${digest}${PARTIAL_SUFFIX}`);
}
