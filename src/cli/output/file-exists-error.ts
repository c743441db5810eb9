/** A file that would be written is there already. */
export class FileExistsError extends Error {
  override readonly name = "FileExistsError";

  constructor(path: string) {
    super(`${path} exists already; keep it, or replace it with --force.`);
  }
}
