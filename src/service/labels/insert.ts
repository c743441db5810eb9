import type { Labels } from "../../domain/entities.ts";
import type { MetadataWriter } from "../../domain/metadata-store.ts";
import { keyOf, type LocatedLabelled } from "../references/located.ts";

/** Stores the labels that an object is created with. */
export async function insertLabels(
  tx: MetadataWriter,
  located: LocatedLabelled,
  labels: Labels,
): Promise<void> {
  if (Object.keys(labels).length > 0) await tx.labels.set(keyOf(located), labels);
}
