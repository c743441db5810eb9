import type { Clock } from "../../domain/clock.ts";
import type { Storage } from "../copy/storage.ts";
import type { CheckOptions } from "./check.ts";
import { checkChunks } from "./check-chunks.ts";
import { checkFiles } from "./check-files.ts";
import { checkPacks } from "./check-packs.ts";
import { checkTotals } from "./check-totals.ts";
import type { Mender } from "./mend.ts";
import { Findings, type Report } from "./report.ts";

export interface FsckInput extends CheckOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** What repairs; without it nothing is changed. */
  readonly mender: Mender | undefined;
}

/**
 * Compares metadata with the objects of the store, each with itself, and bytes with their digests. Servers may go on: what
 * seems wrong is looked at once more before it is reported.
 */
export async function fsck(input: FsckInput): Promise<Report> {
  const findings = new Findings();
  const check = { ...input, findings };
  // Chunks first: a pack whose row was missing is looked at once it has one.
  await checkChunks(check);
  await checkPacks(check);
  await checkFiles(check);
  await checkTotals(check);
  return findings.finish();
}
