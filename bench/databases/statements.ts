/** What ModelBox sends for a create and for a get by id, for the raw load programs; `$1` is the first parameter. */
export interface Statements {
  readonly begin: readonly string[];
  readonly beginRead: readonly string[];
  readonly namespaceByName: string;
  readonly experimentByName: string;
  readonly insertExperiment: string;
  readonly count: string;
  readonly counter: string;
  readonly insertChange: string;
  readonly experimentById: string;
  readonly namespaceById: string;
  readonly labels: string;
  readonly metrics: string;
}

const namespaceColumns = "id, name, owner, description, revision, created_at, updated_at, fingerprint";
const experimentColumns =
  "id, namespace_id, name, owner, external_id, framework, description, latest_checkpoint_id, revision, created_at, updated_at, fingerprint";
const changeColumns = "namespace_id, sequence, kind, object_id, object_path, action, actor, time, state";

/** In PostgreSQL's words. */
export const postgresStatements: Statements = {
  begin: ["BEGIN ISOLATION LEVEL READ COMMITTED"],
  beginRead: ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
  namespaceByName: `SELECT ${namespaceColumns} FROM namespaces WHERE name = $1 LIMIT 1`,
  experimentByName: `SELECT ${experimentColumns} FROM experiments WHERE namespace_id = $1 AND name = $2 LIMIT 1 FOR NO KEY UPDATE`,
  insertExperiment: `INSERT INTO experiments (${experimentColumns}) VALUES (${places(12)}) ON CONFLICT DO NOTHING`,
  count: "UPDATE change_counters SET last_sequence = last_sequence + 1 WHERE namespace_id = $1",
  counter: "SELECT last_sequence FROM change_counters WHERE namespace_id = $1",
  insertChange: `INSERT INTO changes (${changeColumns}) VALUES (${places(9)}) ON CONFLICT DO NOTHING`,
  experimentById: `SELECT ${experimentColumns} FROM experiments WHERE id = $1 LIMIT 1`,
  namespaceById: `SELECT ${namespaceColumns} FROM namespaces WHERE id = $1 LIMIT 1`,
  labels:
    "SELECT object_id, key, value_type, value FROM labels WHERE object_id IN ($1) ORDER BY object_id, key",
  metrics:
    "SELECT object_id, key, value_type, number_value, text_value, bytes_value FROM metric_series WHERE object_id IN ($1) ORDER BY object_id, key LIMIT 100",
};

/** In MySQL's words. */
export const mysqlStatements: Statements = {
  ...(Object.fromEntries(
    Object.entries(postgresStatements)
      .filter((entry): entry is [string, string] => typeof entry[1] === "string")
      .map(([name, sql]) => [name, sql.replaceAll(/\$\d+/g, "?").replaceAll(/\bkey\b/g, "`key`")]),
  ) as unknown as Statements),
  begin: ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"],
  beginRead: ["START TRANSACTION READ ONLY"],
  experimentByName: `SELECT ${experimentColumns} FROM experiments WHERE namespace_id = ? AND name = ? LIMIT 1 FOR UPDATE`,
  insertExperiment: `INSERT INTO experiments (${experimentColumns}) VALUES (${"?, ".repeat(11)}?) ON DUPLICATE KEY UPDATE id = experiments.id`,
  insertChange: `INSERT INTO changes (${changeColumns}) VALUES (${"?, ".repeat(8)}?) ON DUPLICATE KEY UPDATE namespace_id = changes.namespace_id`,
};

function places(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(", ");
}
