import { Database } from "bun:sqlite";

/** Chunks that one statement makes. */
const CHUNKS_PER_STATEMENT = 100_000;
const CHUNKS_PER_FILE = 1_000;
/** Of so many chunks one belongs to no file. */
const ONE_UNUSED_OF = 10;
const CACHE_KIB = 2 * 1024 * 1024;

/**
 * Writes so many chunks straight into a database that a server has made: 32-byte digests in random order, as uploads bring
 * them, all but one of ten in files of 1,000 chunks. They have no bytes: only the index is measured.
 */
export function fillIndex(path: string, count: number): void {
  using database = new Database(path);
  database.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  database.run("PRAGMA synchronous = OFF");
  const indexes = database
    .query<{ name: string; sql: string }, []>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('chunks', 'file_chunks')",
    )
    .all();
  for (const { name } of indexes) database.run(`DROP INDEX "${name}"`);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)`;
  const chunks =
    database.query(`${numbers}, d AS MATERIALIZED (SELECT randomblob(32) AS digest, randomblob(16) AS g FROM n)
    INSERT INTO chunks (digest, size_bytes, generation, object_key, object_offset, stored_bytes, encoding, base_digest,
      chain_depth, state, durable, created_at, pack_id)
    SELECT digest, 4194304, lower(hex(g)), 'chunks/' || lower(substr(hex(digest), 1, 2)) || '/' || lower(hex(digest)) || '.'
      || lower(hex(g)), 0, 4194304, 'raw', NULL, 0, 'stored', 1, 1, NULL FROM d`);
  const pieces =
    database.query(`INSERT INTO file_chunks (file_id, offset_bytes, size_bytes, digest, namespace_id)
    SELECT unhex(printf('%032x', rowid / ${CHUNKS_PER_FILE})), rowid % ${CHUNKS_PER_FILE} * 4194304, 4194304, digest,
      zeroblob(16) FROM chunks WHERE rowid BETWEEN ?1 + 1 AND ?2 AND rowid % ${ONE_UNUSED_OF} <> 0`);
  for (let begin = 0; begin < count; begin += CHUNKS_PER_STATEMENT) {
    const end = Math.min(count, begin + CHUNKS_PER_STATEMENT);
    database.transaction(() => {
      chunks.run(begin, end);
      pieces.run(begin, end);
    })();
  }
  for (const { sql } of indexes) database.run(sql);
  database.run(
    `INSERT INTO chunk_totals (shard, count, stored_bytes) VALUES (0, ${count}, ${count} * 4194304)
     ON CONFLICT (shard) DO UPDATE SET count = excluded.count, stored_bytes = excluded.stored_bytes`,
  );
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** Digests of chunks that files have, each at most once. */
export function storedDigests(path: string, chunks: number, count: number): string[] {
  using database = new Database(path, { readonly: true });
  const find = database.query<{ digest: string }, [number]>(
    "SELECT lower(hex(digest)) AS digest FROM chunks WHERE rowid = ?",
  );
  const found = new Set<string>();
  while (found.size < Math.min(count, chunks / 2)) {
    const row = 1 + Math.floor(Math.random() * chunks);
    if (row % ONE_UNUSED_OF === 0) continue;
    const digest = find.get(row)?.digest;
    if (digest !== undefined) found.add(digest);
  }
  return [...found];
}
