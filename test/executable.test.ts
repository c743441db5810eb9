import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../package.json";
import { root } from "./tidy/tracked-files.ts";

const executable = process.env["MODELBOX_EXECUTABLE"] ?? join(root, "dist/modelbox");
/** What a user should not notice; the quickest of several runs, since a busy machine slows any of them. */
const startLimitMs = 60;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "modelbox-executable-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the executable as on a machine that has nothing else: an empty folder and an empty environment. */
function run(...args: string[]) {
  return runWith({}, ...args);
}

function runWith(env: Record<string, string>, ...args: string[]) {
  const startedAt = performance.now();
  const { stdout, stderr, exitCode } = Bun.spawnSync([executable, ...args], { cwd: folder, env });
  return {
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    exitCode,
    durationMs: performance.now() - startedAt,
  };
}

test(`--version names the version, within ${startLimitMs} ms`, () => {
  const runs = Array.from({ length: 10 }, () => run("--version"));
  for (const { stdout, stderr, exitCode } of runs) {
    expect(stdout).toMatch(/^modelbox \S+ \(.*, Bun [\d.]+\)\n$/);
    expect(stdout).toStartWith(`modelbox ${packageJson.version} (`);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  }
  expect(Math.min(...runs.map(({ durationMs }) => durationMs))).toBeLessThan(startLimitMs);
});

test("without a command it lists the groups, and leaves nothing behind", () => {
  const { stdout, exitCode } = run();
  expect(stdout).toContain("modelbox [COMMAND]");
  for (const group of ["client", "server"]) expect(stdout).toContain(group);
  expect(exitCode).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("help is found by `help`, by `--help` and by a group's name alone", () => {
  const pages = [run("client"), run("client", "--help"), run("help", "client")];
  expect(new Set(pages.map(({ stdout }) => stdout)).size).toBe(1);
  expect(pages[0]?.stdout).toContain("modelbox client COMMAND");
});

test("an unknown command is a wrong usage and says where to look", () => {
  const { stdout, stderr, exitCode } = run("client", "projcts", "list", "--json");
  expect(stdout).toBe("");
  expect(stderr).toContain("modelbox client --help");
  expect(exitCode).toBe(2);
});

test("what lies in the current folder does not change the program", () => {
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./planted.ts"]\n');
  writeFileSync(join(folder, "planted.ts"), 'console.log("planted code ran");\n');
  writeFileSync(join(folder, ".env"), "NODE_OPTIONS=--require=./planted.ts\n");
  writeFileSync(join(folder, "package.json"), "not JSON");
  writeFileSync(join(folder, "oclif.manifest.json"), '{ "commands": { "planted": {} }, "version": "9.9.9" }');
  const { stdout, exitCode } = run("--help");
  expect(stdout).toContain("modelbox [COMMAND]");
  expect(stdout).not.toContain("planted");
  expect(exitCode).toBe(0);
});

test("without a usable temporary folder the server says which setting helps", () => {
  const { stderr, exitCode } = runWith({ TMPDIR: join(folder, "missing") }, "server", "start");
  expect(stderr).toContain("set TMPDIR");
  expect(stderr).not.toContain("requireNative");
  expect(exitCode).not.toBe(0);
});
