import { filesOf } from "../copy/damaged.ts";
import type { Storage } from "../copy/storage.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Mended, Mender } from "./mend.ts";
import type { Finding, Findings } from "./report.ts";

/** Rows that one query reads. */
export const PAGE_ROWS = 1_000;

/** How far a check has got. */
export interface CheckProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneChunks: number;
  readonly totalChunks: number;
}

export interface CheckOptions {
  /** Whether the bytes of a chunk are read and compared with its digest. */
  readonly isRead: (digest: string) => boolean;
  /** Ends it between two steps; the reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
}

/** What all parts of one check share. */
export interface Check extends CheckOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly findings: Findings;
  /** Undefined when nothing is to be changed. */
  readonly mender: Mender | undefined;
}

/** A finding before anybody has tried to repair it. */
export type Found = Omit<Finding, "files" | "outcome"> & {
  /** Default: those that need the chunk. */
  readonly files?: readonly string[];
};

/** Notes a finding, once `mend` has done what can be done, if anything is to be changed. */
export async function report(
  { storage, findings, mender }: Check,
  found: Found,
  mend?: (mender: Mender) => Promise<Mended>,
): Promise<void> {
  const outcome =
    mender === undefined ? "found" : mend === undefined ? "unrepaired" : await mender.inTurn(mend);
  const needing = async (): Promise<readonly string[]> =>
    findings.isListing && found.sha256 !== "" ? await filesOf(storage.metadata, found.sha256) : [];
  findings.add({ ...found, files: found.files ?? (await needing()), outcome });
}
