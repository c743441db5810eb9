import type { BigIntStats } from "node:fs";

/** A file that will be uploaded, as it was when it was found. */
export interface LocalFile {
  /** The path that it is stored under. */
  readonly storedPath: string;
  /** Where it is, links resolved. */
  readonly realPath: string;
  /** What the user calls it, for messages. */
  readonly shownPath: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
}

/** Which of a file's facts tell that it has changed. */
export type FileFacts = Pick<BigIntStats, "size" | "mtimeNs">;

/** True when the file is no longer as it was found. */
export function hasChanged(file: LocalFile, facts: FileFacts): boolean {
  return facts.size !== BigInt(file.sizeBytes) || facts.mtimeNs !== file.mtimeNs;
}
