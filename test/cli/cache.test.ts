import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { executable, startServer, temporaryFolder, type TestServer } from "../support/server.ts";

const MIB = 1024 * 1024;

let server: TestServer;
const folder = temporaryFolder();
beforeAll(async () => {
  server = await startServer(folder.path);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function run(...args: string[]): { readonly stdout: string; readonly json: () => Record<string, unknown> } {
  const env = { HOME: folder.path, MODELBOX_SERVER_ADDR: server.httpAddr };
  const { exitCode, stdout, stderr } = Bun.spawnSync([executable, "client", ...args], {
    cwd: folder.path,
    env,
    stdin: "ignore",
  });
  expect([stderr.toString(), exitCode].join()).toEndWith(",0");
  return { stdout: stdout.toString(), json: () => JSON.parse(stdout.toString()) as Record<string, unknown> };
}

describe("the cache of downloads", () => {
  test("is used for this machine's server when it is asked for, shown and cleared", () => {
    const files = join(folder.path, "files");
    mkdirSync(files);
    const bytes = randomBytes(9 * MIB);
    writeFileSync(join(files, "model.bin"), bytes);
    run(
      "models",
      "create",
      "--project",
      "langtech",
      "--name",
      "lid",
      "--owner",
      "your@email.com",
      "--task",
      "lang-id",
    );
    run("versions", "create", "--model", "langtech/lid", files);
    const download = (to: string, ...flags: string[]) =>
      run("versions", "download", "langtech/lid@1", "--output", to, ...flags).stdout;
    expect(download("plain")).not.toContain("cache");
    expect(run("cache", "show", "--json").json()).toMatchObject({ chunks: 0, bytes: 0 });
    download("first", "--cache");
    expect(run("cache", "show", "--json").json()).toMatchObject({
      folder: join(folder.path, ".cache/modelbox"),
      bytes: 9 * MIB,
    });
    expect(download("second", "--cache")).toContain("9.00 MiB from the cache");
    expect(readFileSync(join(folder.path, "second/model.bin")).equals(bytes)).toBe(true);
    expect(download("third", "--no-cache")).not.toContain("cache");
    expect(run("cache", "show").stdout).toMatch(
      /^folder +\S+\nchunks +\d+\nloaded files +0\nsize +9\.00 MiB \(9437184 bytes\)\nlimit +10\.0 GiB/,
    );
    expect(run("cache", "show", "--quiet").stdout).toBe(`${9 * MIB}\n`);
    expect(run("cache", "clear", "--json").json()).toMatchObject({ bytes: 9 * MIB });
    expect(run("cache", "show", "--json").json()).toMatchObject({ chunks: 0, bytes: 0 });
  });
});
