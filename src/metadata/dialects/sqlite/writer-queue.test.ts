import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { DomainError } from "../../../domain/errors.ts";
import { fails } from "../../conformance/define.ts";
import { Session } from "../../session.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { Connection } from "./connection.ts";
import { sqliteDialect } from "./dialect.ts";
import { translateError } from "./errors.ts";
import { sqliteTables } from "./schema.ts";
import { WriterQueue } from "./writer-queue.ts";

describe("the writer queue", () => {
  test("commits together what has queued up", async () => {
    await using subject = await aQueue();
    const { queue, connection } = subject;
    let commits = 0;
    const commit = connection.commit.bind(connection);
    connection.commit = async () => {
      commits += 1;
      await commit();
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => queue.add(() => insert(connection, index))));
    expect(commits).toBeLessThanOrEqual(3);
    expect(count(connection)).toBe(100);
  });

  test("waits for the disk unless all works of a commit may be lost", async () => {
    await using subject = await aQueue();
    const { queue, connection } = subject;
    const waited: boolean[] = [];
    const commit = connection.commit.bind(connection);
    connection.commit = async () => {
      const full = 2n;
      waited.push(connection.rows("PRAGMA synchronous")[0]?.[0] === full);
      await commit();
    };
    const add = (value: number, mayBeLost: boolean) =>
      queue.add(() => insert(connection, value), { mayBeLost });
    await Promise.all([add(1, true), add(2, true), add(3, false), add(4, true)]);
    expect(waited).toEqual([false, true]);
    await queue.add(() => insert(connection, 5));
    expect(waited).toEqual([false, true, true]);
    expect(count(connection)).toBe(5);
  });

  test("a full disk fails the write that needs the room, and no other", async () => {
    await using subject = await aQueue();
    const { queue, connection } = subject;
    const pages = Number(connection.rows("PRAGMA page_count")[0]?.[0]);
    connection.rows(`PRAGMA max_page_count = ${pages + 4}`);
    const results = await Promise.allSettled([
      queue.add(() => insert(connection, 1)),
      queue.add(() => insert(connection, 2, 1_000_000)),
      queue.add(() => insert(connection, 3)),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const error = results[1]?.status === "rejected" ? (results[1].reason as unknown) : undefined;
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({ kind: "resource_exhausted", reason: "STORAGE_FULL" });
    expect(count(connection)).toBe(2);
  });

  test("a transaction that is lost is run again without the work that lost it", async () => {
    await using subject = await aQueue();
    const { queue, connection } = subject;
    let runs = 0;
    const results = await Promise.allSettled([
      queue.add(() => {
        runs += 1;
        return insert(connection, 1);
      }),
      queue.add(() => {
        connection.exec("ROLLBACK");
        return Promise.reject(new Error("lost it"));
      }),
      queue.add(() => insert(connection, 2)),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(runs).toBe(2);
    expect(count(connection)).toBe(2);
  });

  test("waits for a process that has the database, while others have their turns", async () => {
    await using subject = await aQueue();
    const { queue, connection, path } = subject;
    using other = new Connection({ path, pragmas: ["busy_timeout = 0"] });
    other.exec("BEGIN IMMEDIATE");
    let written = false;
    const write = queue
      .add(() => insert(connection, 1))
      .then(() => {
        written = true;
      });
    for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setTimeout(resolve, 1));
    expect(written).toBe(false);
    other.exec("COMMIT");
    await write;
    expect(count(connection)).toBe(1);
  });

  test("gives up on a database that stays locked, with an error that says so", async () => {
    await using subject = await aQueue(50);
    const { queue, connection, path } = subject;
    using other = new Connection({ path, pragmas: ["busy_timeout = 0"] });
    other.exec("BEGIN IMMEDIATE");
    await fails(
      queue.add(() => insert(connection, 1)),
      "unavailable",
    );
    other.exec("COMMIT");
    await queue.add(() => insert(connection, 2));
    expect(count(connection)).toBe(1);
  });

  test("a long work lets others have their turns", async () => {
    await using subject = await aQueue();
    const { queue, connection } = subject;
    let turns = 0;
    let done = false;
    const ticking = (async () => {
      while (!done) {
        turns += 1;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    })();
    await queue.add(async (session) => {
      const { namespaces } = session.tables;
      const begin = performance.now();
      while (performance.now() - begin < 100)
        await session.run(session.builder.select().from(namespaces).limit(1));
    });
    done = true;
    await ticking;
    expect(turns).toBeGreaterThan(5);
    expect(count(connection)).toBe(0);
  });
});

async function aQueue(busyLimitMs?: number) {
  const folder = temporaryFolder();
  const path = join(folder.path, "queue.db");
  const connection = new Connection({ path, pragmas: ["busy_timeout = 0", "journal_mode = WAL"] });
  connection.exec("CREATE TABLE numbers (number integer, text text)");
  connection.exec(
    "CREATE TABLE namespaces (id blob, name, owner, description, quota_bytes, revision, created_at, updated_at, fingerprint)",
  );
  const { builder, prepared } = connection;
  const queue = new WriterQueue({
    connection,
    newSession: () => new Session({ builder, prepared, tables: sqliteTables, dialect: sqliteDialect }),
    committed: () => undefined,
    translate: (error) => translateError(error, path),
    busyLimitMs,
  });
  return await Promise.resolve({
    queue,
    connection,
    path,
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      connection[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  });
}

function insert(connection: Connection, number: number, size = 1): Promise<void> {
  connection.rows("INSERT INTO numbers VALUES (?, ?) RETURNING number", [number, "x".repeat(size)]);
  return Promise.resolve();
}

function count(connection: Connection): number {
  return Number(connection.rows("SELECT count(*) FROM numbers")[0]?.[0]);
}
