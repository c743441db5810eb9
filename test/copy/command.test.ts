import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillEveryTable } from "../support/any-rows.ts";
import type { DatabaseKind } from "../support/database-servers.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../support/s3-server.ts";
import {
  executable,
  modelbox,
  modelboxWith,
  startServer,
  temporaryFolder,
  until,
} from "../support/server.ts";
import { CHANGES, fill, installation, MIB, seen, WRITABLE, type Installation } from "./installations.ts";

/** Many processes, one after the other, on a machine that may be busy. */
const testLimitMs = 180_000;

let s3: S3Server;
let folder: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
beforeEach(() => {
  folder?.[Symbol.dispose]();
  folder = temporaryFolder();
});
afterAll(async () => {
  folder?.[Symbol.dispose]();
  await s3?.[Symbol.asyncDispose]();
});

const WORK = "work";

function place(name: string, kind: "sqlite" | DatabaseKind, inBucket = false): Promise<Installation> {
  return installation(join(folder.path, name), kind, inBucket ? s3 : undefined);
}

function copyArgs(from: Installation, to: Installation, ...more: string[]): string[] {
  return ["server", "copy", "--from-config", from.config, "--to-config", to.config, ...more];
}

function copy(from: Installation, to: Installation, ...more: string[]) {
  return modelboxWith({}, folder.path, ...copyArgs(from, to, ...more));
}

describe("server copy", () => {
  test(
    "moves all between SQLite, MariaDB and PostgreSQL, and between folders and buckets, while readers are served",
    async () => {
      await using sqlite = await place("sqlite", "sqlite");
      await using mysql = await place("mysql", "mysql", true);
      await using postgres = await place("postgres", "postgres");
      await using last = await place("last", "sqlite", true);
      {
        await using server = await startServer(sqlite.folder, WRITABLE);
        await fill(server, join(folder.path, WORK));
      }
      let expected: Awaited<ReturnType<typeof seen>> | undefined;
      const chain = [sqlite, mysql, postgres, last];
      for (const [index, storage] of chain.entries()) {
        await using server = await startServer(storage.folder);
        const found = await seen(server, folder.path);
        expect(found.changes.length).toBeGreaterThanOrEqual(CHANGES);
        expect(Object.keys(found.files)).toHaveLength(3);
        expect(found).toEqual((expected ??= found));
        const next = chain[index + 1];
        if (next === undefined) break;
        const { stdout, stderr, exitCode } = await copy(storage, next, "--json");
        expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
        const result = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
        expect(result["chunks"]!["sentChunks"]).toBe(result["chunks"]!["chunks"]);
        expect(result["tables"]!["modelVersions"]).toBeUndefined();
        expect(result["tables"]!["versions"]).toMatchObject({ rows: 3 });
        expect(stdout).not.toContain("correct horse");
        // Once it is done there is nothing to go on with.
        expect((await copy(storage, next)).stderr).toContain("is not empty");
      }
      const sent = readFileSync(join(folder.path, WORK, "model.bin"));
      expect(expected?.files["/langtech/lid@large/model.bin"]).toBe(Bun.hash(sent));
      // What comes now has the numbers that follow.
      await using server = await startServer(last.folder, WRITABLE);
      const args = "client labels set version:langtech/lid@3 checked=true --json".split(" ");
      expect(await modelbox(server, folder.path, ...args)).toMatchObject({ exitCode: 0 });
    },
    testLimitMs,
  );

  test(
    "is refused while something may write to the source, and says what to do",
    async () => {
      await using from = await place("from", "sqlite");
      await using to = await place("to", "sqlite");
      {
        await using server = await startServer(from.folder, WRITABLE);
        const running = await copy(from, to);
        expect(running.stderr).toMatch(
          /^Error: .* writes to it; stop that one, or start it with read_only = true\.\n$/,
        );
        expect(running.exitCode).toBe(5);
        writeFileSync(from.config, from.toml);
        const writable = await copy(from, to);
        expect(writable.stderr).toContain("set read_only = true in its configuration");
        expect(writable.exitCode).toBe(5);
        expect(server.pid).toBeGreaterThan(0);
      }
      writeFileSync(from.config, `read_only = true\n${from.toml}`);
      expect((await copy(from, from)).stderr).toContain("names the database of the source");
      const nothing = await copy(to, from);
      expect(nothing.stderr).toContain("There is no database");
      expect(nothing.exitCode).toBe(3);
      expect(await copy(from, to)).toMatchObject({ exitCode: 0 });
    },
    testLimitMs,
  );

  test(
    "goes on where it was when it is killed, and no server starts on what is half there",
    async () => {
      await using from = await place("from", "sqlite");
      await using to = await place("to", "postgres", true);
      const chunks = 1_000;
      {
        await using source = await from.open();
        await fillEveryTable(source.metadata, source.blobs, chunks);
      }
      const bucket = /bucket = "(.*)"/.exec(to.toml)![1]!;
      const arrived = () =>
        readdirSync(s3.folderOf(bucket), { recursive: true }).filter((path) =>
          /[0-9a-f]{64}\./.test(String(path)),
        ).length;
      for (const [signal, status] of [
        ["SIGKILL", 137],
        ["SIGTERM", 130],
      ] as const) {
        const before = arrived();
        const child = Bun.spawn([executable, ...copyArgs(from, to)], {
          cwd: folder.path,
          env: { HOME: folder.path },
          stdout: "ignore",
          stderr: "pipe",
        });
        await until("chunks to arrive", () => (arrived() > before + 150 ? true : undefined));
        child.kill(signal);
        expect(await child.exited).toBe(status);
        if (signal === "SIGTERM")
          expect(await new Response(child.stderr).text()).toBe("Error: Interrupted.\n");
        expect(arrived()).toBeLessThan(chunks);
        const start = await modelboxWith({}, to.folder, "server", "start");
        expect(start.stderr).toMatch(
          /Error: The database .* holds only a part of .*; run the command that fills it again/,
        );
        expect(start.exitCode).toBe(5);
      }
      const done = JSON.parse((await copy(from, to, "--json")).stdout) as { chunks: Record<string, number> };
      expect(done.chunks["chunks"]).toBe(chunks);
      expect(done.chunks["sentChunks"]).toBeLessThan(chunks - 250);
      expect(arrived()).toBe(chunks);
      await using server = await startServer(to.folder);
      expect(server.log()).toContain("listening");
    },
    testLimitMs,
  );

  test(
    "names the files that a damaged chunk takes with it",
    async () => {
      await using from = await place("from", "sqlite");
      await using to = await place("to", "sqlite");
      {
        await using server = await startServer(from.folder, WRITABLE);
        await fill(server, join(folder.path, WORK));
      }
      const objects = readdirSync(join(from.folder, "blobs"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      const large = objects.find((path) => readFileSync(path).byteLength > MIB)!;
      const bytes = readFileSync(large);
      bytes[MIB - 1]! ^= 1;
      writeFileSync(large, bytes);
      const refused = await copy(from, to);
      expect(refused.stderr).toContain("version:langtech/lid@4 model.bin");
      expect(refused.stderr).toContain("--skip-damaged");
      expect(refused.exitCode).toBe(5);

      const without = await copy(from, to, "--skip-damaged");
      expect(without.stderr).toContain("which version:langtech/lid@4 model.bin needs");
      expect(without.exitCode).toBe(0);
      await using server = await startServer(to.folder);
      const lost = await modelbox(
        server,
        folder.path,
        ..."client versions download langtech/lid@4".split(" "),
      );
      expect(lost.exitCode).not.toBe(0);
      const kept = await modelbox(
        server,
        folder.path,
        ..."client versions download langtech/lid@3".split(" "),
      );
      expect(kept.exitCode).toBe(0);
    },
    testLimitMs,
  );
});
