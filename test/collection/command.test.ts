import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { someBytes } from "../support/blobs.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../support/s3-server.ts";
import {
  modelbox,
  modelboxWith,
  startServer,
  temporaryFolder,
  type Run,
  type TestServer,
} from "../support/server.ts";
import { installation, WRITABLE } from "../copy/installations.ts";

/** Many processes, one after the other, on a machine that may be busy. */
const testLimitMs = 180_000;
const FILE_BYTES = 3_000_000;
const NOTHING = { count: 0, bytes: 0 };

let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());

interface Collected {
  readonly dryRun: boolean;
  readonly unused: { readonly count: number; readonly bytes: number };
}

/** Uploads a version of a file in a project, and deletes it again. */
async function leaveGarbage(server: TestServer, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "model.bin"), someBytes(FILE_BYTES));
  const client = (...args: string[]): Promise<Run> => modelbox(server, folder, "client", ...args);
  const model = ["--project", "langtech", "--name", "lid", "--owner", "a@b.c", "--task", "t"];
  expect(await client("models", "create", ...model)).toMatchObject({ exitCode: 0 });
  const version = ["versions", "create", "--model", "langtech/lid", "model.bin"];
  expect(await client(...version)).toMatchObject({ exitCode: 0 });
  expect(await client("versions", "delete", "langtech/lid@1", "--yes")).toMatchObject({ exitCode: 0 });
}

describe("server gc", () => {
  test.each([
    ["sqlite", "a folder"],
    ["postgres", "a bucket"],
  ] as const)(
    "shows and condemns what nothing uses, beside a running server: %s and %s",
    async (kind, store) => {
      using folder = temporaryFolder();
      await using place = await installation(
        join(folder.path, "place"),
        kind,
        store === "a bucket" ? s3 : undefined,
      );
      await using server = await startServer(place.folder, WRITABLE);
      await leaveGarbage(server, join(folder.path, "work"));
      const gc = (...args: string[]): Promise<Run> =>
        modelboxWith(WRITABLE, folder.path, "server", "gc", "--config-path", place.config, ...args);
      const json = async (...args: string[]): Promise<Collected> => {
        const { stdout, stderr, exitCode } = await gc(...args, "--json");
        expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
        return JSON.parse(stdout) as Collected;
      };
      // It is younger than the grace time that the configuration has.
      expect(await json("--dry-run")).toMatchObject({ dryRun: true, unused: NOTHING, namespaces: [] });
      const dry = await json("--dry-run", "--grace", "0");
      expect(dry.unused.bytes).toBe(FILE_BYTES);
      const shown = await gc("--dry-run", "--grace", "0");
      expect(shown.stdout).toMatch(/^PROJECT +UNUSED +REMOVED\nlangtech +\d, 2\.86 MiB +nothing\n/);
      expect(shown).toMatchObject({ stderr: "Nothing was changed.\n", exitCode: 0 });
      expect((await gc("--dry-run", "--grace", "0", "--quiet")).stdout).toBe(`${FILE_BYTES}\n`);

      const first = await json("--grace", "0");
      expect(first).toMatchObject({
        dryRun: false,
        isComplete: true,
        unused: dry.unused,
        namespaces: [{ namespace: "langtech", unused: dry.unused, removed: NOTHING }],
        removed: NOTHING,
        deleted: NOTHING,
        orphans: NOTHING,
        undeleted: 0,
        waiting: { condemned: dry.unused, doomed: NOTHING },
      });
      const second = await gc("--grace", "0");
      expect(second.stderr).toContain("within two hours");
      // What was condemned is sent again.
      const { stdout } = await modelbox(
        server,
        join(folder.path, "work"),
        "client",
        "versions",
        "create",
        "--model",
        "langtech/lid",
        "model.bin",
        "--json",
      );
      expect(stdout).toContain('"id"');
      expect(await json("--dry-run", "--grace", "0")).toMatchObject({
        unused: NOTHING,
        waiting: { condemned: NOTHING, doomed: { bytes: FILE_BYTES } },
      });
    },
    testLimitMs,
  );

  test("where nothing may be changed it only shows", async () => {
    using folder = temporaryFolder();
    await using place = await installation(join(folder.path, "place"), "sqlite");
    {
      await using _server = await startServer(place.folder, WRITABLE);
    }
    const gc = (...args: string[]) =>
      modelboxWith({}, folder.path, "server", "gc", "--config-path", place.config, ...args);
    const refused = await gc();
    expect(refused).toMatchObject({ stdout: "", exitCode: 5 });
    expect(refused.stderr).toContain("--dry-run");
    expect(await gc("--dry-run")).toMatchObject({ exitCode: 0 });
  });

  test.each([
    ["--grace yesterday", 2, "is not a length of time"],
    ["--config-path none.toml", 5, "none.toml"],
    ["", 3, "database"],
  ])("%s ends with status %d", async (args, exitCode, message) => {
    using folder = temporaryFolder();
    const ended = await modelboxWith({}, folder.path, "server", "gc", ...args.split(" ").filter(Boolean));
    expect(ended.stderr).toContain(message);
    expect(ended).toMatchObject({ stdout: "", exitCode });
  });
});
