import type { ListView } from "../output/output.ts";

/** Both sides of a database, as far as this view needs them. */
export interface Migrations {
  readonly database: string;
  readonly exists: boolean;
  readonly applied: readonly {
    readonly tag: string;
    readonly appliedBy: string;
    readonly appliedAt: number;
  }[];
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
}

/** One migration, and where it stands. */
interface MigrationRow {
  readonly tag: string;
  readonly state: "applied" | "pending" | "newer than this ModelBox";
  readonly by: string;
  readonly at: string;
}

/** All migrations of both sides, the applied ones first. */
export function migrationRows(status: Migrations): readonly MigrationRow[] {
  const applied = status.applied.map(({ tag, appliedBy, appliedAt }) => ({
    tag,
    state: status.unknown.includes(tag) ? ("newer than this ModelBox" as const) : ("applied" as const),
    by: appliedBy,
    at: `${new Date(appliedAt / 1000).toISOString().slice(0, 19)}Z`,
  }));
  const pending = status.pending.map((tag) => ({ tag, state: "pending" as const, by: "", at: "" }));
  return [...applied, ...pending];
}

/** What the two sides come to. */
export function migrationSentence({ database, exists, pending, unknown }: Migrations): string {
  if (!exists) return `ModelBox has no tables at ${database} yet; \`modelbox server start\` makes them.`;
  if (unknown.length > 0) return `${database} was used by a newer ModelBox.`;
  if (pending.length === 0) return `${database} is up to date.`;
  return `${database} is older than this ModelBox; \`modelbox server migrate\` brings it up to date.`;
}

export const migrationView: ListView<MigrationRow> = {
  plural: "migrations",
  id: (row) => row.tag,
  columns: [
    { header: "MIGRATION", value: (row) => row.tag },
    { header: "STATE", value: (row) => row.state },
    { header: "BY", value: (row) => row.by, optional: true },
    { header: "AT", value: (row) => row.at, optional: true },
  ],
};
