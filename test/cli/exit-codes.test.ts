import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startCommandLine, type CommandLine } from "./command-line.ts";

let cli: CommandLine;
beforeAll(async () => {
  cli = await startCommandLine();
  await cli.world.build("everything");
});
afterAll(() => cli[Symbol.asyncDispose]());

/** Arguments, the status, and what the sentence says. */
const failures: readonly (readonly [string, number, string])[] = [
  [
    "client projects create",
    2,
    "--name is missing; for example: `modelbox client projects create --name langtech",
  ],
  [
    "client models create",
    2,
    "--project and --name are missing; for example: `modelbox client models create --project-id langtech",
  ],
  ["client models create --name x", 2, "--project is missing; for example: `modelbox client models create"],
  ["client experiments list", 2, "--project is missing"],
  ["client checkpoints create", 2, "--experiment and --step are missing"],
  ["client checkpoints create --step 1", 2, "--experiment is missing"],
  ["client checkpoints create --experiment a/b", 2, "--step is missing"],
  ["client versions create", 2, "--model is missing"],
  ["client labels get", 2, "--object is missing"],
  ["client projects get", 2, "--project is missing"],
  ["client projects update langtech", 2, "Nothing is to be changed; give one of --name"],
  ["client projects list --limt 3", 2, "(did you mean --limit?)"],
  ["client projects list --limit three", 2, "--limit three is not a whole number"],
  ["client projects list --json --quiet", 2, "--quiet cannot also be provided"],
  ["client projects lst", 2, 'did you mean "client projects list"?'],
  ["client labels set --object langtech/lid a=b", 2, "write for example experiment:langtech/lid"],
  ["client artifacts list --object langtech/lid@1", 2, "write for example version:langtech/lid@1."],
  ["client lineage --object a/b/c", 2, "write for example checkpoint:a/b/c."],
  ["client metrics log --object model:langtech/lid loss=1e400", 2, "1e400 is too large for a number"],
  ["client metrics log --object model:langtech/lid loss=low", 2, "write for example loss=0.31"],
  ["client checkpoints create --experiment a/b --step 1.5", 2, '"1.5" is not a whole number'],
  ["client watch --project langtech --kind chekpoint", 2, "Expected --kind=chekpoint to be one of"],
  ["client projects get nowhere", 3, 'There is no namespace "nowhere"'],
  ["client experiments get langtech/nothing", 3, '"nothing"'],
  ["client checkpoints latest langtech/nothing", 3, '"nothing"'],
  ["client versions download --model langtech/lid --tag nightly", 3, '"nightly"'],
  [
    "client artifacts download --object version:langtech/lid@3 --name other",
    3,
    'There is no artifact "other"',
  ],
  ["client artifacts get --object version:langtech/lid@3 --name other", 3, 'There is no artifact "other"'],
  ["client artifacts delete --object version:langtech/lid@3", 2, "--name is missing"],
  ["client artifacts files some-id --name report", 2, "an artifact's id is enough"],
  ["client projects create --name langtech --owner other@email.com", 4, "exists already"],
  ["client projects create --name a/b", 5, "name"],
  ["client projects list --filter name~3", 5, "position"],
  ["client projects list --order-by size", 5, "order_by"],
  ["client experiments get bare-name", 5, "path"],
  ["client projects delete langtech", 5, "--recursive"],
  ["client projects update langtech --owner x --etag wrong", 5, "etag"],
  ["client checkpoints create --experiment langtech/wav2vec-lid --step 7 ./missing", 5, "missing"],
  ["client projects list --config-path ./missing.toml", 5, "missing.toml"],
  ["client projects list --config-path .", 5, "is a folder; name the configuration file in it"],
  ["client projects list --server-addr http://127.0.0.1:1", 6, "127.0.0.1:1"],
];

describe("wrong calls", () => {
  test.each(failures)("%s: %p", async (args, exitCode, sentence) => {
    const run = await cli.run(args);
    expect(run.stderr).toContain(sentence);
    expect(run.stderr).toMatch(/^Error: .*\n$/);
    expect({ stdout: run.stdout, exitCode: run.exitCode }).toEqual({ stdout: "", exitCode });
  });

  test("print nothing on standard output with --json either", async () => {
    const run = await cli.run("client projects get nowhere --json");
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(/^Error: .*\n$/);
    expect(run.exitCode).toBe(3);
  });

  test("come with a stack trace where DEBUG asks for one, and only there", async () => {
    const run = await cli.run("client projects get nowhere", { env: { DEBUG: "1" } });
    expect(run.stderr.split("\n")[0]).toMatch(/^Error: There is no namespace/);
    expect(run.stderr).toContain("    at ");
    expect(run.exitCode).toBe(3);
  });
});

describe("an address at which there is no ModelBox server", () => {
  test.each([404, 405, 200, 302])("but one that answers %i, is said to be none", async (status) => {
    using web = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("<html>", { status, headers: { "content-type": "text/html" } }),
    });
    const run = await cli.run(`client projects list --server-addr 127.0.0.1:${web.port}`);
    expect(run.stderr).toMatch(/^Error: What answers at \S+ is not a ModelBox server \(.*\); .*\n$/);
    expect(run.exitCode).toBe(6);
  });

  test("since its path leads past the server, is named with the path", async () => {
    const run = await cli.run(`client projects list --server-addr ${cli.serverAddr}/path`);
    expect(run.stderr).toContain(`What answers at ${cli.serverAddr}/path is not a ModelBox server`);
    expect(run.exitCode).toBe(6);
  });
});

test("a reader that leaves early is no error", () => {
  // Longer than what a pipe holds.
  const line = '"$0" completion zsh | head -1; echo "${PIPESTATUS[0]}"';
  const run = Bun.spawnSync(["bash", "-c", line, cli.executable]);
  expect(run.stdout.toString()).toBe("#compdef modelbox\n0\n");
  expect(run.stderr.toString()).toBe("");
});

test("output that can't be written is an error in one line", () => {
  const run = Bun.spawnSync([cli.executable, "completion", "zsh"], { stdout: Bun.file("/dev/full") });
  expect(run.stderr.toString()).toBe("Error: ENOSPC: no space left on device, write.\n");
  expect(run.exitCode).toBe(5);
});
