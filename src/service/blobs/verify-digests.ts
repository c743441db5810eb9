import type { StoredFile } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { readFile } from "./read-file.ts";
import type { Transfers } from "./transfers.ts";

/** Files of one run; the rest waits for the next. */
const MAX_FILES_PER_RUN = 100;
/** Pause after each piece while somebody uploads or downloads: nobody waits for this. */
const BUSY_PAUSE_MS = 20;
/** Damaged files that are left alone for now. */
const MAX_POSTPONED = 1_000;
const POSTPONE_MS = 10 * 60_000;

/** What a run has done. */
export interface VerifiedDigests extends Readonly<Record<string, number>> {
  readonly verified: number;
  readonly mismatched: number;
  readonly failed: number;
}

/**
 * Makes the background job that tells the SHA-256 of committed files from their stored bytes. Run it now and then, one
 * run at a time; it ends early when the signal is aborted. A damaged file is tried again later.
 */
export function digestVerifier(transfers: Transfers): (signal: AbortSignal) => Promise<VerifiedDigests> {
  const postponed = new Map<string, number>();
  const { metadata } = transfers.context;
  return async (signal) => {
    const result = { verified: 0, mismatched: 0, failed: 0 };
    const pending = await metadata.read((tx) =>
      tx.artifacts.pendingFiles(MAX_FILES_PER_RUN + postponed.size),
    );
    // Several servers do this: in an order of its own each finds what the others have left.
    for (const file of shuffled(pending)) {
      if (signal.aborted) break;
      if ((postponed.get(file.id) ?? 0) > performance.now()) continue;
      if (!(await isPending(metadata, file.id))) continue;
      postponed.delete(file.id);
      try {
        const sha256 = await digestOf(transfers, file, signal);
        if (sha256 === undefined) break;
        const matches = file.claimedSha256 === "" || file.claimedSha256 === sha256;
        await metadata.write((tx) =>
          tx.artifacts.setDigest(file.id, sha256, matches ? "verified" : "mismatch"),
        );
        result[matches ? "verified" : "mismatched"] += 1;
      } catch (error) {
        // Deleted meanwhile.
        if (error instanceof DomainError && error.kind === "not_found") continue;
        if (!(error instanceof DomainError) || error.kind !== "data_loss") throw error;
        result.failed += 1;
        if (postponed.size >= MAX_POSTPONED) postponed.clear();
        postponed.set(file.id, performance.now() + POSTPONE_MS);
      }
    }
    return result;
  };
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

async function isPending(metadata: MetadataStore, fileId: string): Promise<boolean> {
  const file = await metadata.read((tx) => tx.artifacts.file(fileId));
  return file?.digestState === "pending";
}

/** Undefined when the signal was aborted. */
async function digestOf(
  transfers: Transfers,
  file: StoredFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const hasher = new Bun.CryptoHasher("sha256");
  const range = { offsetBytes: 0, lengthBytes: file.sizeBytes };
  for await (const bytes of readFile(transfers, file, range, "background")) {
    if (signal.aborted) return undefined;
    hasher.update(bytes);
    // Even when nobody else is busy, calls must get their turn.
    await Bun.sleep(transfers.load.isBusy ? BUSY_PAUSE_MS : 0);
  }
  return hasher.digest("hex");
}
