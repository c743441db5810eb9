/** What a column of a row holds, whichever database it came from. */
export type TableValue = string | number | bigint | boolean | Uint8Array | null;

/** A row with all its columns, in the order of the schema. */
export type TableRow = Readonly<Record<string, TableValue>>;

/**
 * The tables as they are, for what moves or keeps all of them at once and must not forget one. Everything else asks for
 * objects.
 */
export interface TableReader {
  /** Every table of the schema; those that others point to come first. */
  readonly names: readonly string[];
  /** Rows in the order of their primary keys, which is the same in every database; after the key of a row. */
  page(table: string, after: TableRow | undefined, limit: number): Promise<readonly TableRow[]>;
  /** The row with the highest primary key. */
  last(table: string): Promise<TableRow | undefined>;
}

export interface TableWriter extends TableReader {
  /** Puts rows in the place of those with the same primary key, or beside the others. Writes no change of its own. */
  put(table: string, rows: readonly TableRow[]): Promise<void>;
  /** The database has all that was to come from elsewhere: servers may start on it. */
  finishCopy(): Promise<void>;
}
