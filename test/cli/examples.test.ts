import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { loadCommands } from "../../src/cli/command-table.ts";
import { executable, startServer, temporaryFolder, type TestServer } from "../support/server.ts";
import { createWorld, type Stage, type World } from "./world.ts";

/** What an example needs to find, where that is not everything. */
const stageOf: Readonly<Record<string, Stage>> = {
  "client:projects:create": "nothing",
  "client:projects:delete": "project",
  "client:experiments:create": "project",
  "client:experiments:delete": "experiment",
  "client:models:create": "experiment",
  "client:models:delete": "model",
  "client:checkpoints:create": "experiment",
  "client:checkpoints:delete": "checkpoint",
  "client:versions:create": "model",
};

/** These go on until they are stopped; other tests start and stop them. */
const endless = new Set(["server:start", "client:watch"]);

/** These leave the world as it was, so that the next example need not make it anew. */
const isBeside = /^server|^completion|init-config$|:(list|get|latest|download|files|tags)$|^client:lineage$/;

/** Ids in the examples stand for those of the world. */
const anyId = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

const commands = await loadCommands();
const examples = Object.entries(commands).flatMap(([id, command]) =>
  (command.examples ?? []).flatMap((example) =>
    typeof example === "string" && !endless.has(id) ? [[id, example] as const] : [],
  ),
);

let folder: ReturnType<typeof temporaryFolder>;
let server: TestServer;
let world: World;
let built: Stage | undefined;
let artifact = "";

beforeAll(async () => {
  folder = temporaryFolder();
  server = await startServer(join(folder.path, "server"));
  world = createWorld(server.httpAddr, folder.path);
  mkdirSync(join(folder.path, "bin"));
  for (const made of [".zfunc", ".config/fish/completions", ".local/share/bash-completion/completions"]) {
    mkdirSync(join(folder.path, made), { recursive: true });
  }
  writeStorages(folder.path);
  symlinkSync(executable, join(folder.path, "bin/modelbox"));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Configurations of servers that don't run: some that have a database, and others that are to have one. */
function writeStorages(path: string): void {
  for (const name of ["embedded", "production", "empty", "copy"]) {
    const text = `read_only = true
[metadata_storage_integrated]
path = "${name}/metadata.db"
[blob_storage_filesystem]
base_dir = "${name}/blobs"
`;
    writeFileSync(join(path, `${name}.toml`), text);
  }
  for (const name of ["embedded", "copy"]) {
    const args = ["server", "migrate", "--config-path", `${name}.toml`];
    expect(Bun.spawnSync([executable, ...args], { cwd: path, env: { HOME: path } }).exitCode).toBe(0);
  }
}

test.each(examples)("%s: %s", async (id, example) => {
  const stage = stageOf[id] ?? "everything";
  if (stage !== built) artifact = await world.build(stage);
  built = isBeside.test(id) ? stage : undefined;
  // Only the shell itself can source its script.
  const line = example
    .replaceAll(anyId, artifact)
    .replace(/^source <\((.*)\)$/, "$1")
    .replace(/ \| source$/, "");
  const run = Bun.spawnSync(["bash", "-c", line], {
    cwd: folder.path,
    env: {
      PATH: [join(folder.path, "bin"), process.env["PATH"]].join(delimiter),
      HOME: folder.path,
      // Once written, a client's file must not lead the other examples to another server.
      MODELBOX_SERVER_ADDR: server.httpAddr,
    },
  });
  expect({ stderr: run.stderr.toString(), exitCode: run.exitCode }).toEqual({
    stderr: expect.not.stringContaining("Error"),
    exitCode: 0,
  });
});
