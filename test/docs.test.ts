import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable, startServer, temporaryFolder, type TestServer } from "./support/server.ts";
import { root } from "./tidy/tracked-files.ts";

/** What each example of docs/api.md answers: a part of it, in the order of the page. */
const expected = [
  '"name":"langtech"',
  '"path":"langtech/wav2vec-lid"',
  '"pointCount":"3"',
  '"externalId":"slurm-4711"',
  '"fileCount":"1"',
  '"path":"langtech/lid@1"',
  "hello, model\nmodel",
  "position 6",
];

/** Many processes, one after the other, on a machine that may be busy. */
const testLimitMs = 120_000;

let folder: ReturnType<typeof temporaryFolder>;
let server: TestServer;

beforeAll(async () => {
  folder = temporaryFolder();
  server = await startServer(folder.path);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

describe("the README", () => {
  const page = readFileSync(join(root, "README.md"), "utf8");

  test("shows the configuration file that the server writes", () => {
    const path = join(folder.path, "written.toml");
    const { exitCode } = Bun.spawnSync([executable, "server", "init-config", "--config-path", path]);
    expect(exitCode).toBe(0);
    expect(page).toContain(`\`\`\`toml\n${readFileSync(path, "utf8").trim()}\n\`\`\`\n`);
  });

  test(
    "shows commands that work in its order, and what they print",
    async () => {
      await using other = await startServer(join(folder.path, "readme"));
      const work = join(folder.path, "readme");
      mkdirSync(join(work, "run"));
      writeFileSync(join(work, "run/model.safetensors"), crypto.getRandomValues(new Uint8Array(60_000)));
      writeFileSync(join(work, "run/config.json"), "{}");
      const blocks = [...page.matchAll(/^```\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
      const examples = blocks.flatMap((block) => block.split(/^\$ /m).slice(1));
      expect(examples.length).toBeGreaterThan(10);
      for (const example of examples) {
        const [command = "", ...output] = example.trimEnd().split("\n");
        if (command.startsWith("modelbox server start")) continue;
        const run = Bun.spawnSync(
          ["bash", "-c", `"${executable}" ${command.slice("modelbox ".length)} 2>&1`],
          {
            cwd: work,
            env: { HOME: work, MODELBOX_SERVER_ADDR: other.httpAddr, NO_COLOR: "1" },
            stdin: "ignore",
          },
        );
        expect({ command, exitCode: run.exitCode }).toEqual({ command, exitCode: 0 });
        const first = output[0]?.split(/\s+/)[0];
        if (first !== undefined && first !== "…") expect(run.stdout.toString()).toStartWith(first);
      }
    },
    testLimitMs,
  );
});

describe("the examples of docs/api.md", () => {
  const page = readFileSync(join(root, "docs/api.md"), "utf8");
  const examples = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code ?? "");

  test("are all known", () => expect(examples).toHaveLength(expected.length));

  for (const [index, code] of examples.entries()) {
    test(`${index + 1}: ${code.split("\n")[0]}`, () => {
      const script = `set -eu\n${code.replaceAll("http://127.0.0.1:8085", server.httpAddr)}`;
      const { stdout, stderr, exitCode } = Bun.spawnSync(["bash", "-c", script], {
        cwd: folder.path,
        stdin: "ignore",
      });
      expect({ stderr: stderr.toString(), exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout.toString()).toContain(expected[index] ?? "");
    });
  }
});
