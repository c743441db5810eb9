import type { Detail } from "../output/details.ts";
import { formatBytes } from "../output/format.ts";
import type { ListView } from "../output/output.ts";

interface ShownSum {
  readonly count: number;
  readonly bytes: number;
}

interface ShownGarbage {
  readonly namespace: string;
  readonly unused: ShownSum;
  readonly removed: ShownSum;
}

/** What a collection has done, as far as this view needs it. */
interface ShownCollection {
  readonly dryRun: boolean;
  readonly isComplete: boolean;
  readonly unused: ShownSum;
  readonly spared: number;
  readonly removed: ShownSum;
  readonly orphans: ShownSum;
  readonly deleted: ShownSum;
  readonly waiting: { readonly condemned: ShownSum; readonly doomed: ShownSum };
}

/** What was found by the namespace that it was uploaded into first. */
export const garbageView: ListView<ShownGarbage> = {
  plural: "unused chunks",
  id: (row) => row.namespace,
  columns: [
    { header: "PROJECT", value: (row) => (row.namespace === "" ? "(deleted)" : row.namespace) },
    { header: "UNUSED", value: (row) => sumText(row.unused) },
    { header: "REMOVED", value: (row) => sumText(row.removed) },
  ],
};

export function renderCollected(collected: ShownCollection): readonly Detail[] {
  const { dryRun, unused, spared, removed, orphans, deleted, waiting } = collected;
  return [
    ["unused", sumText(unused)],
    ["never named", sumText(orphans)],
    ["used again", spared === 0 ? "" : String(spared)],
    ["removed", dryRun ? "" : sumText(removed)],
    ["deleted", dryRun ? "" : sumText(deleted)],
    ["waiting", sumText(plus(waiting.condemned, waiting.doomed))],
  ];
}

/** What people should know of it. */
export function collectionNotes({ dryRun, isComplete, waiting }: ShownCollection): readonly string[] {
  const notes: string[] = [];
  if (dryRun) notes.push("Nothing was changed.");
  if (!isComplete) notes.push("Another process collects right now, and does the rest.");
  const left = waiting.condemned.count + waiting.doomed.count;
  if (!dryRun && left > 0)
    notes.push("What is waiting goes within two hours, by a running server or the next `server gc`.");
  return notes;
}

function plus(one: ShownSum, other: ShownSum): ShownSum {
  return { count: one.count + other.count, bytes: one.bytes + other.bytes };
}

function sumText({ count, bytes }: ShownSum): string {
  return count === 0 ? "nothing" : `${count}, ${formatBytes(bytes)}`;
}
