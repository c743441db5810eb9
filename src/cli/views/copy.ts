import type { Detail } from "../output/details.ts";
import { formatBytes } from "../output/format.ts";

interface Summary {
  readonly rows: number;
}

interface Damaged {
  readonly sha256: string;
  readonly files: readonly string[];
}

/** Where an installation keeps what it has. */
export interface ShownPlaces {
  readonly metadata: string;
  readonly blobs: string;
}

/** How many rows there are, and in how many tables. */
export function rowsText(tables: Readonly<Record<string, Summary>>): string {
  const all = Object.values(tables);
  const rows = all.reduce((sum, one) => sum + one.rows, 0);
  return `${rows} in ${all.length} tables, checked`;
}

/** How many chunks there are, and their bytes. */
export function chunksText(chunks: number, bytes: number): string {
  return `${chunks}, ${formatBytes(bytes)}`;
}

/** Where from, or where to. */
export function placesDetail(heading: string, { metadata, blobs }: ShownPlaces): Detail {
  return {
    heading,
    entries: [
      ["metadata", metadata],
      ["blobs", blobs],
    ],
  };
}

/** What was left out: one line for each chunk, with the files that need it. */
export function damagedLines(damaged: readonly Damaged[]): readonly string[] {
  return damaged.map(
    ({ sha256, files }) =>
      `Left out the damaged chunk ${sha256}${files.length === 0 ? "" : `, which ${files.join(", ")} needs`}.`,
  );
}
