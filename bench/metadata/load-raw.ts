/**
 * Load on SQLite itself through @libsql/client, in one process: the same row into the same table with the same indexes,
 * each in a transaction of its own, on stable storage when the call returns.
 */
import { createClient } from "@libsql/client";
import { idBytes } from "../peers/raw-libsql.ts";
import { experimentOf, idOf, runLoadProgram } from "./load.ts";

const insert = `INSERT INTO experiments
  (id, namespace_id, name, owner, external_id, framework, description, latest_checkpoint_id, revision, created_at,
   updated_at, fingerprint)
  VALUES (?, ?, ?, ?, NULL, ?, ?, x'', 1, ?, ?, ?)`;
const select = "SELECT * FROM experiments WHERE id = ?";

await runLoadProgram(async (order) => {
  const client = createClient({ url: `file:${order.target}`, intMode: "number" });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("PRAGMA synchronous = FULL");
  const { rows } = await client.execute("SELECT id FROM namespaces LIMIT 1");
  const namespaceId = rows[0]?.["id"] ?? null;
  const fingerprint = "0".repeat(64);
  return async (number) => {
    if (order.operation === "get") {
      const id = idOf(order, number);
      const found = await client.execute({ sql: select, args: [idBytes(id)] });
      if (found.rows.length !== 1) throw new Error("there is no such row");
      return;
    }
    const { name, owner, framework, description } = experimentOf(order, number);
    const now = Date.now() * 1000;
    const args = [
      Bun.randomUUIDv7(),
      namespaceId,
      name,
      owner,
      framework,
      description,
      now,
      now,
      fingerprint,
    ];
    await client.execute({ sql: insert, args });
  };
});
