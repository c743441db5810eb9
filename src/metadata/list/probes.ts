import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Dialect } from "../dialects/dialect.ts";
import type { Tables } from "../tables.ts";

/** A table under a name of its own, since a walked table may be the same one. */
export interface Probe<T extends SQLiteTable> {
  /** For FROM: the table and its name. */
  readonly from: SQL;
  readonly columns: T;
}

/** The tables that say something about a row. */
export interface Probes {
  readonly labels: Probe<Tables["labels"]>;
  readonly metricSeries: Probe<Tables["metricSeries"]>;
  readonly tagAssignments: Probe<Tables["tagAssignments"]>;
}

const made = new WeakMap<Tables, Probes>();

/** The probes of a schema. */
export function probesOf(tables: Tables, dialect: Dialect): Probes {
  let probes = made.get(tables);
  if (probes === undefined) {
    const probe = <T extends SQLiteTable>(table: T, name: string): Probe<T> => ({
      from: sql`${table} as ${sql.identifier(name)}`,
      columns: dialect.alias(table, name),
    });
    probes = {
      labels: probe(tables.labels, "probed_labels"),
      metricSeries: probe(tables.metricSeries, "probed_metrics"),
      tagAssignments: probe(tables.tagAssignments, "probed_tags"),
    };
    made.set(tables, probes);
  }
  return probes;
}
