import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSettings } from "../../src/metadata/index.ts";
import {
  executable,
  modelbox,
  modelboxJson,
  startServer,
  temporaryFolder,
  until,
  untilReady,
} from "../support/server.ts";
import { startTcpProxy } from "../support/database-proxy.ts";
import { aDatabase, onDatabase } from "../support/storage-environment.ts";

const WATCH_LIMIT_MS = 2_000;

for (const kind of ["mysql", "postgres"] as const) {
  describe(`the executable on a database server: ${kind}`, () => {
    test("two servers share what they know", async () => {
      await using database = await aDatabase(kind);
      using folder = temporaryFolder();
      const env = onDatabase(kind, database.settings);
      // Both at once, on an empty database.
      const [first, second] = await Promise.all([
        startServer(join(folder.path, "first"), env),
        startServer(join(folder.path, "second"), env),
      ]);
      await using _first = first;
      await using _second = second;
      await modelboxJson(
        first,
        folder.path,
        "client",
        "projects",
        "create",
        "--name",
        "langtech",
        "--owner",
        "a@b.c",
      );
      const names = Array.from({ length: 12 }, (_, index) => `run-${index % 6}`);
      const create = (name: string, index: number) =>
        modelboxJson<{ experiment: { id: string }; exists: boolean }>(
          index < 6 ? first : second,
          folder.path,
          "client",
          "experiments",
          "create",
          "--project-id",
          "langtech",
          "--owner",
          "a@b.c",
          "--name",
          name,
        );
      const created = await Promise.all(names.map(create));
      // Each name was created by one of the two, and found by the other.
      for (const name of new Set(names)) {
        const both = created.filter((_, index) => names[index] === name);
        expect(new Set(both.map((one) => one.experiment.id)).size).toBe(1);
        expect(both.map((one) => one.exists).toSorted((a, b) => Number(a) - Number(b))).toEqual([
          false,
          true,
        ]);
      }
      const watchOnce = async (name: string) => {
        const watch = modelbox(
          second,
          folder.path,
          "client",
          "watch",
          "--project",
          "langtech",
          "--limit",
          "1",
          "--json",
        );
        await until("watch to begin", async () => {
          const metrics = await (await fetch(`${second.httpAddr}/metrics`)).text();
          return /^modelbox_open_watches(\{\})? 1$/m.test(metrics) ? true : undefined;
        });
        const begin = performance.now();
        await create(name, 0);
        const { stdout } = await watch;
        expect(stdout).toContain(`langtech/${name}`);
        return performance.now() - begin;
      };
      // Several, for one can be late on a busy machine.
      const times = [await watchOnce("seen-1"), await watchOnce("seen-2"), await watchOnce("seen-3")];
      expect(Math.min(...times)).toBeLessThan(WATCH_LIMIT_MS);
    });

    test("a server that starts before its database waits for it, and says so", async () => {
      await using database = await aDatabase(kind);
      using folder = temporaryFolder();
      await using proxy = await startTcpProxy(database.settings.port);
      proxy.refuse();
      const env = onDatabase(kind, { ...database.settings, port: proxy.port });
      await using server = await startServer(folder.path, env, {}, "listening");
      expect((await fetch(`${server.httpAddr}/readyz`)).status).toBe(503);
      const list = await modelbox(server, folder.path, "client", "projects", "list");
      expect(list.stderr).toContain("waits for its database");
      expect(server.log()).toContain("waiting for the database");
      proxy.release();
      await untilReady(server.httpAddr);
      await modelboxJson(
        server,
        folder.path,
        "client",
        "projects",
        "create",
        "--name",
        "later",
        "--owner",
        "a@b.c",
      );
    });

    test("a caller's deadline is kept when the database is slow", async () => {
      await using database = await aDatabase(kind);
      using folder = temporaryFolder();
      await using proxy = await startTcpProxy(database.settings.port);
      const env = onDatabase(kind, { ...database.settings, port: proxy.port });
      await using server = await startServer(folder.path, env);
      proxy.hold();
      const begin = performance.now();
      const answer = await fetch(`${server.httpAddr}/modelbox.v1.NamespaceService/ListNamespaces`, {
        method: "POST",
        headers: { "content-type": "application/json", "connect-timeout-ms": "500" },
        body: "{}",
      });
      expect(await answer.json()).toMatchObject({ code: "deadline_exceeded" });
      // Far less than a statement may take.
      expect(performance.now() - begin).toBeLessThan(15_000);
      proxy.release();
      await untilReady(server.httpAddr);
    });

    test("migrate shows both sides and brings them together, and names what is wrong", async () => {
      await using database = await aDatabase(kind);
      using folder = temporaryFolder();
      const config = join(folder.path, "server.toml");
      const section = `metadata_storage_${kind}`;
      const write = (settings: Partial<DatabaseSettings>) => {
        const { port, dbname, password } = { ...database.settings, ...settings };
        const text = `metadata_storage = "${kind}"\n[${section}]\nport = ${port}\ndbname = "${dbname}"\npassword = "${password}"\n`;
        writeFileSync(config, text);
      };
      const migrate = (...args: string[]) => {
        const child = Bun.spawnSync([executable, "server", "migrate", "--config-path", config, ...args], {
          cwd: folder.path,
          env: { HOME: folder.path },
        });
        return { stdout: child.stdout.toString(), stderr: child.stderr.toString(), exitCode: child.exitCode };
      };
      write({});
      expect(JSON.parse(migrate("--status", "--json").stdout)).toMatchObject({ exists: false, applied: [] });
      expect(migrate().exitCode).toBe(0);
      const status = migrate("--status", "--json").stdout;
      expect(JSON.parse(status)).toMatchObject({ exists: true, pending: [] });
      expect(status).not.toContain(database.settings.password);
      write({ password: "wrong" });
      const refused = migrate("--status");
      expect(refused.stderr).toContain(`${section}.password`);
      expect(refused.stderr).not.toContain("wrong");
      expect(refused.exitCode).not.toBe(0);
      write({ dbname: "modelbox_nowhere" });
      expect(migrate().stderr).toContain(`${section}.dbname`);
      write({ port: 1 });
      expect(migrate("--status").stderr).toContain("does not answer");
    });
  });
}
