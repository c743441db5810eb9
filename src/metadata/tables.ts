import type { ColumnKit } from "./kits/sqlite.ts";
import { accessTables } from "./tables/access.ts";
import { attributeTables } from "./tables/attributes.ts";
import { logTables } from "./tables/log.ts";
import { objectTables } from "./tables/objects.ts";
import { storageTables } from "./tables/storage.ts";

/**
 * The one schema. Conventions: times are microseconds; a text that is absent is "" unless a unique index needs null;
 * what an index sorts by is repeated in the row that has the index (labels, metric series and tags repeat the object's
 * kind, namespace, parent and creation time, none of which ever change), so that a list reads one index.
 */
export function tables(kit: ColumnKit) {
  return {
    ...objectTables(kit),
    ...storageTables(kit),
    ...attributeTables(kit),
    ...logTables(kit),
    ...accessTables(kit),
  };
}

/** Every table of the schema, by the name that the code uses. */
export type Tables = ReturnType<typeof tables>;
