import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../support/s3-server.ts";
import { modelboxWith, startServer, temporaryFolder } from "../support/server.ts";
import { fill, installation, seen, WRITABLE } from "./installations.ts";

/** Many processes, one after the other, on a machine that may be busy. */
const testLimitMs = 180_000;

let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());

describe("server backup and restore", () => {
  test(
    "take all of a running server to a server of another kind",
    async () => {
      using folder = temporaryFolder();
      const work = join(folder.path, "work");
      await using from = await installation(join(folder.path, "from"), "sqlite");
      await using to = await installation(join(folder.path, "to"), "postgres", s3);
      const run = (...args: string[]) => modelboxWith({}, folder.path, "server", ...args);
      let expected: unknown;
      {
        await using server = await startServer(from.folder, WRITABLE);
        await fill(server, work);
        expected = await seen(server, work);
        const backup = await run("backup", "monday.tar", "--config-path", from.config, "--json");
        expect(backup).toMatchObject({ stderr: "", exitCode: 0 });
        expect(JSON.parse(backup.stdout)).toMatchObject({
          path: join(folder.path, "monday.tar"),
          source: join(from.folder, "data/metadata.db"),
          tables: { versions: { rows: 3 } },
          damaged: [],
        });
        // Uploads that run are none of its business.
        expect(readdirSync(join(from.folder, "blobs"))).toContain("tmp");
        expect(await run("backup", "monday.tar", "--config-path", from.config)).toMatchObject({
          exitCode: 4,
        });
      }
      const restored = await run("restore", "monday.tar", "--config-path", to.config);
      expect(restored.stderr).toBe("Done: start the server.\n");
      expect(restored.stdout).toMatch(/^backup of +\S+metadata\.db$/m);
      expect(restored.exitCode).toBe(0);
      await using server = await startServer(to.folder, WRITABLE);
      expect(await seen(server, work)).toEqual(expected as Awaited<ReturnType<typeof seen>>);
      const again = await run("restore", "monday.tar", "--config-path", to.config);
      expect(again.stderr).toContain("is not empty");
      expect(again.exitCode).toBe(5);
    },
    testLimitMs,
  );

  test(
    "refuse an archive that is not whole, and write nothing",
    async () => {
      using folder = temporaryFolder();
      await using from = await installation(join(folder.path, "from"), "sqlite");
      await using to = await installation(join(folder.path, "to"), "sqlite");
      const run = (...args: string[]) => modelboxWith({}, folder.path, "server", ...args);
      {
        await using server = await startServer(from.folder, WRITABLE);
        await fill(server, join(folder.path, "work"));
      }
      expect(await run("backup", "whole.tar", "--config-path", from.config)).toMatchObject({ exitCode: 0 });
      const bytes = readFileSync(join(folder.path, "whole.tar"));
      const short = join(folder.path, "short.tar");
      writeFileSync(short, bytes);
      truncateSync(short, bytes.length - 5_000_000);
      const flipped = join(folder.path, "flipped.tar");
      bytes[bytes.length - 6_000_000]! ^= 4;
      writeFileSync(flipped, bytes);
      for (const [path, problem] of [
        [short, "it ends too early"],
        [flipped, "are not those that were written"],
      ] as const) {
        const { stderr, exitCode } = await run("restore", path, "--config-path", to.config);
        expect(stderr).toContain(problem);
        expect(exitCode).toBe(5);
        expect(existsSync(join(to.folder, "data"))).toBe(false);
      }
      const absent = await run("restore", "none.tar", "--config-path", to.config);
      expect(absent.stderr).toMatch(/There is no archive ".*none\.tar"\./);
      expect(absent.exitCode).toBe(3);
      expect(await run("restore", "whole.tar", "--config-path", to.config)).toMatchObject({ exitCode: 0 });
    },
    testLimitMs,
  );
});
