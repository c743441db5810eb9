import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import type { MigrationStatus } from "../../migrate.ts";
import type { Dialect } from "../dialect.ts";
import type { Tables } from "../../tables.ts";
import type { RemoteConnection } from "./connection.ts";

/**
 * What a failure of the database means for a transaction. `again`: it was taken back (deadlock, lock timeout,
 * serialization failure, a key that was taken meanwhile) and may work when it is run again. `lost`: the connection is
 * gone. `full`: the server takes no more connections. `other`: see the translated error.
 */
export type FailureKind = "again" | "lost" | "full" | "other";

export interface MigrateOptions {
  nowMicros(): number;
  /** By default those of this executable. */
  readonly available?: readonly EmbeddedMigration[] | undefined;
  readonly version?: string | undefined;
}

/** What a kind of database server does its own way. */
export interface RemoteDriver {
  readonly dialect: Dialect;
  readonly tables: Tables;
  /** For messages: an address without credentials. */
  readonly address: string;
  /** Throws what the server or the network says. */
  open(statementLimitMs?: number): Promise<RemoteConnection>;
  /**
   * Brings the database to a schema while no other server does; returns once it has it, whoever brought it there.
   * Throws DomainError "failed_precondition" for a database that this executable must not touch.
   */
  migrate(connection: RemoteConnection, options: MigrateOptions): Promise<void>;
  /** What the database remembers; changes nothing. */
  migrationStatus(
    connection: RemoteConnection,
    available?: readonly EmbeddedMigration[],
  ): Promise<MigrationStatus>;
  /** Begins a transaction that sees one snapshot and writes nothing. */
  readonly beginRead: string;
  /** Begins a transaction in which each statement sees what was committed before it. */
  readonly beginWrite: string;
  kindOf(error: unknown): FailureKind;
  /** What callers of the store see instead of the database's own error; the same when it is none. */
  translate(error: unknown): unknown;
}
