import type { ListedObject } from "../../domain/blob-store.ts";
import { digestOfKey } from "../../domain/object-keys.ts";
import { ORPHAN_GRACE_MS } from "../collection/limits.ts";
import { PAGE_ROWS, report, type Check } from "./check.ts";
import type { Objects } from "./check-chunks.ts";

const HOUR_MS = 3_600_000;

/** Reports objects that no row names: not those that wait to be deleted, and not those that are new. */
export async function reportStrays(check: Check, objects: Objects): Promise<void> {
  let batch: ListedObject[] = [];
  for (const same of objects.values()) {
    batch.push(...same);
    if (batch.length < PAGE_ROWS) continue;
    await reportBatch(check, batch);
    batch = [];
  }
  await reportBatch(check, batch);
}

async function reportBatch(check: Check, objects: readonly ListedObject[]): Promise<void> {
  if (objects.length === 0) return;
  const { storage } = check;
  const { named, doomed } = await storage.metadata.read(async (tx) => ({
    named: new Set(
      (await tx.chunks.getMany(objects.flatMap(({ key }) => digestOfKey(key) ?? []))).map(
        (chunk) => chunk.objectKey,
      ),
    ),
    doomed: await tx.checks.doomed(objects.map(({ key }) => key)),
  }));
  for (const object of objects) {
    if (!named.has(object.key)) await reportStray(check, object, doomed.has(object.key));
  }
}

/** Notes an object that no row names. */
export async function reportStray(
  check: Check,
  { key, sizeBytes, modifiedAt }: ListedObject,
  isDoomed: boolean,
): Promise<void> {
  const { clock, findings } = check;
  const ageMs = Math.max(0, clock.nowMicros() - modifiedAt) / 1000;
  if (isDoomed || ageMs < ORPHAN_GRACE_MS) {
    const sum = isDoomed ? findings.spare.doomed : findings.spare.fresh;
    sum.objects += 1;
    sum.bytes += sizeBytes;
    return;
  }
  const detail = `no row names it; it was written ${Math.floor(ageMs / HOUR_MS)} hours ago`;
  // It stays for an hour: other findings may still be mended with it.
  const found = { kind: "unknown_object", detail, sha256: "", objectKey: key, sizeBytes } as const;
  await report(check, found, (mender) => mender.stray(key, sizeBytes));
}
