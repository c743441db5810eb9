import { createClient } from "@libsql/client";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const migrations = join(import.meta.dir, "../../drizzle/sqlite");

/** An id as ModelBox stores it. */
export function idBytes(id: string): Uint8Array {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

/** Makes a database with the tables and indexes of ModelBox, a namespace, and experiments with these ids. */
export async function makeRawDatabase(path: string, experimentIds: readonly string[]): Promise<void> {
  const database = createClient({ url: `file:${path}` });
  await database.execute("PRAGMA journal_mode = WAL");
  const files = readdirSync(migrations)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  for (const file of files) await database.executeMultiple(readFileSync(join(migrations, file), "utf8"));
  const namespaceId = idBytes(Bun.randomUUIDv7());
  const now = Date.now() * 1000;
  await database.execute({
    sql: "INSERT INTO namespaces (id, name, owner, description, revision, created_at, updated_at, fingerprint) VALUES (?, 'bench', '', '', 1, ?, ?, '')",
    args: [namespaceId, now, now],
  });
  await database.batch(
    experimentIds.map((id, index) => ({
      sql: `INSERT INTO experiments
        (id, namespace_id, name, owner, external_id, framework, description, latest_checkpoint_id, revision, created_at,
         updated_at, fingerprint)
        VALUES (?, ?, ?, 'your@email.com', NULL, '', '', x'', 1, ?, ?, '')`,
      args: [idBytes(id), namespaceId, `stored-${index}`, now, now],
    })),
    "write",
  );
  database.close();
}
