import { failedPrecondition } from "../domain/errors.ts";
import type { EmbeddedMigration } from "../embed/migrations.ts";

/** Where a migration's statements are cut. */
const BREAKPOINT = "--> statement-breakpoint";

/** A migration that a database remembers. */
export interface AppliedMigration {
  readonly index: number;
  readonly tag: string;
  /** SHA-256 (hex) of its text. */
  readonly digest: string;
  /** Version of the ModelBox that applied it. */
  readonly appliedBy: string;
  /** Microseconds since 1970, UTC. */
  readonly appliedAt: number;
}

/** Both sides: what the database has, and what this executable brings. */
export interface MigrationStatus {
  /** What the database is, for people: a path or an address. */
  readonly database: string;
  /** False when there is no database yet. */
  readonly exists: boolean;
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly string[];
  /** Tags that the database has and this executable does not know: it was used by a newer ModelBox. */
  readonly unknown: readonly string[];
}

/** The statements of a migration. */
export function statementsOf(migration: EmbeddedMigration): readonly string[] {
  const parts = migration.breakpoints ? migration.sql.split(BREAKPOINT) : [migration.sql];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** SHA-256 (hex) of a migration's text, to notice one that was edited after its release. */
export function migrationDigest(migration: EmbeddedMigration): string {
  return new Bun.CryptoHasher("sha256").update(migration.sql).digest("hex");
}

/** Compares a database with the migrations of this executable. */
export function compareMigrations(
  database: string,
  exists: boolean,
  applied: readonly AppliedMigration[],
  available: readonly EmbeddedMigration[],
): MigrationStatus {
  const known = new Set(available.map((migration) => migration.tag));
  const done = new Set(applied.map((migration) => migration.tag));
  return {
    database,
    exists,
    applied,
    pending: available.filter((migration) => !done.has(migration.tag)).map((migration) => migration.tag),
    unknown: applied.filter((migration) => !known.has(migration.tag)).map((migration) => migration.tag),
  };
}

/** Refuses a database that this executable must not touch. */
export function checkMigrations(
  status: MigrationStatus,
  available: readonly EmbeddedMigration[],
  executableVersion: string,
): void {
  const newest = status.applied.at(-1);
  if (status.unknown.length > 0 && newest !== undefined) {
    const own = available.at(-1)?.tag ?? "none";
    throw failedPrecondition(
      "DATABASE_NEWER",
      `The database ${status.database} was upgraded by ModelBox ${newest.appliedBy} to schema ${newest.tag}, and this ` +
        `is ModelBox ${executableVersion} with schema ${own}; run ModelBox ${newest.appliedBy} or a later one.`,
      { databaseVersion: newest.appliedBy, executableVersion },
    );
  }
  const digests = new Map(available.map((migration) => [migration.tag, migrationDigest(migration)]));
  const edited = status.applied.find((migration) => digests.get(migration.tag) !== migration.digest);
  if (edited !== undefined) {
    throw failedPrecondition(
      "DATABASE_DIFFERS",
      `The database ${status.database} was made with another text of the migration ${edited.tag} (by ModelBox ` +
        `${edited.appliedBy}); use that build, or restore a database of a release.`,
      { migration: edited.tag },
    );
  }
}
