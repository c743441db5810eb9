import type { Value } from "@bufbuild/protobuf/wkt";
import type { ListView } from "../output/output.ts";
import { formatLabel } from "./parts.ts";

/** A label by itself. */
type LabelEntry = readonly [key: string, value: Value];

/** Labels as rows, by key. */
export function labelEntries(labels: Readonly<Record<string, Value>>): readonly LabelEntry[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Labels have no id: their key stands for it. */
export const labelView: ListView<LabelEntry> = {
  plural: "labels",
  id: ([key]) => key,
  columns: [
    { header: "LABEL", value: ([key]) => key },
    { header: "VALUE", value: ([, value]) => formatLabel(value), shrinks: true },
  ],
};
