import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCommands, topics } from "../command-table.ts";
import { bashScript } from "./bash.ts";
import { shapeOf } from "./shape.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "modelbox-bash-"));
  writeFileSync(join(folder, "modelbox.bash"), bashScript(shapeOf(await loadCommands(), topics)));
  writeFileSync(join(folder, "a file.txt"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers behind these words; the last one is being typed. */
function complete(...words: readonly string[]): readonly string[] {
  const script = `
    source ./modelbox.bash
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _modelbox
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = Bun.spawnSync(["bash", "-u", "-c", script, "bash", "modelbox", ...words], { cwd: folder });
  expect(bash.stderr.toString()).toBe("");
  return bash.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
}

describe("bash completes", () => {
  test("groups and commands", () => {
    expect(complete("")).toEqual(["client", "completion", "server"]);
    expect(complete("client", "pro")).toEqual(["projects"]);
    expect(complete("client", "projects", "")).toEqual(["create", "delete", "get", "list", "update"]);
    expect(complete("client", "lineage", "l")).toEqual(["link"]);
  });

  test("flags, aliases apart", () => {
    expect(complete("client", "experiments", "list", "--p")).toEqual([
      "--page-size",
      "--page-token",
      "--project",
    ]);
    expect(complete("client", "lineage", "--d")).toEqual(["--direction"]);
    expect(complete("client", "projects", "get", "langtech", "--j")).toEqual(["--json"]);
  });

  test("the values that a flag can have, typed either way", () => {
    expect(complete("client", "watch", "--kind", "")).toContain("checkpoint");
    expect(complete("client", "lineage", "--direction", "a")).toEqual(["ancestors"]);
    expect(complete("client", "lineage", "--direction", "=", "d")).toEqual(["descendants"]);
    expect(complete("client", "lineage", "--direction", "=")).toEqual(["ancestors", "both", "descendants"]);
  });

  test("files where files belong, and nothing where text does", () => {
    expect(complete("client", "checkpoints", "create", "--experiment", "x", "a")).toEqual(["a file.txt"]);
    expect(complete("server", "start", "--config-path", "model")).toEqual(["modelbox.bash"]);
    expect(complete("client", "versions", "download", "--output", "a")).toEqual([]);
    expect(complete("client", "projects", "create", "--name", "")).toEqual([]);
    expect(complete("client", "projects", "list", "")).toEqual([]);
  });
});
