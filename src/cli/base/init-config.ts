import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LocalFileError } from "../../client/errors.ts";
import { FileExistsError } from "../output/file-exists-error.ts";

/** Why a file can't be written, by the code of the system's error. */
const REASONS: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  ENOENT: "its folder can't be made",
  EEXIST: "a part of its path is no folder",
  ENOTDIR: "a part of its path is no folder",
  EROFS: "the file system is read-only",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  ENOSPC: "the disk is full",
};

/** Writes a configuration file, with the folders to it; returns its absolute path. */
export async function writeConfig(
  file: string,
  text: string,
  options: { readonly force: boolean },
): Promise<string> {
  const path = resolve(file);
  try {
    await mkdir(dirname(path), { recursive: true });
    // Later versions keep secrets in it.
    await writeFile(path, text, { flag: options.force ? "w" : "wx", mode: 0o600 });
  } catch (error) {
    throw await describe(error, path);
  }
  return path;
}

async function describe(error: unknown, path: string): Promise<unknown> {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const found = await stat(path).catch(() => undefined);
  if (error.code === "EEXIST" && found?.isDirectory() === false) return new FileExistsError(path);
  const code = found?.isDirectory() === true ? "EISDIR" : String(error.code);
  const message = `${path} can't be written: ${REASONS[code] ?? code}; choose another file with --config-path.`;
  return new LocalFileError(path, message, { cause: error });
}
