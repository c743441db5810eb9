import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { commandTable } from "../../src/cli/command-table.ts";
import { startCommandLine, type CommandLine } from "./command-line.ts";

let cli: CommandLine;
let artifact: string;
beforeAll(async () => {
  cli = await startCommandLine();
  artifact = await cli.world.build("everything");
});
afterAll(() => cli[Symbol.asyncDispose]());

const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const object = "--object version:langtech/lid@3";

/** A call, the field of its JSON, a line of what people see, and what `--quiet` prints (an id each, by default). */
interface Form {
  readonly args: string;
  readonly field: string;
  readonly people: RegExp;
  readonly quiet?: RegExp;
  /** What must be done before each call, where the call undoes it. */
  readonly before?: string;
}

/** Every command that ends by itself, in an order in which each finds what it needs. */
const forms: readonly Form[] = [
  { args: "client projects create --name second", field: "exists", people: /^name +second$/m },
  { args: "client projects list", field: "nextPageToken", people: /^NAME +OWNER +.* ID$/m },
  { args: "client projects get langtech", field: "namespace", people: /^owner +your@email.com$/m },
  { args: "client projects update second --owner me", field: "namespace", people: /^owner +me$/m },
  {
    args: "client experiments create --project second --name e",
    field: "experiment",
    people: /^path +second\/e$/m,
  },
  {
    args: "client experiments list --project langtech",
    field: "experiments",
    people: /^langtech\/wav2vec-lid +/m,
  },
  { args: "client experiments get langtech/wav2vec-lid", field: "experiment", people: /^ {2}loss +0\.4$/m },
  { args: "client experiments update second/e --owner me", field: "experiment", people: /^owner +me$/m },
  {
    args: "client checkpoints create --experiment second/e --step 1 report.html",
    field: "checkpoint",
    people: /^files +1, 12 B$/m,
  },
  {
    args: "client checkpoints list --project langtech",
    field: "checkpoints",
    people: /step-1000 +1000 +- +loss=0\.29 +12 B/,
  },
  {
    args: "client checkpoints get langtech/wav2vec-lid/step-1000",
    field: "checkpoint",
    people: /^ {2}tokenizer\/vocabulary\.txt +5 B$/m,
  },
  {
    args: "client checkpoints latest langtech/wav2vec-lid",
    field: "checkpoint",
    people: /^path +langtech\/wav2vec-lid\/step-1000$/m,
  },
  { args: "client checkpoints download second/e/latest", field: "files", people: /^files +1, 12 B/m },
  {
    args: "client checkpoints update second/e/latest --name last",
    field: "checkpoint",
    people: /^path +second\/e\/last$/m,
  },
  { args: "client models create --project second --name m", field: "model", people: /^path +second\/m$/m },
  {
    args: "client models list --project langtech",
    field: "models",
    people: /^langtech\/lid +lang-id .* production=3 +/m,
  },
  { args: "client models get langtech/lid", field: "model", people: /^ {2}production +version 3$/m },
  { args: "client models update second/m --task t", field: "model", people: /^task +t$/m },
  {
    args: "client versions create --model second/m --version 1 report.html",
    field: "version",
    people: /^path +second\/m@1$/m,
  },
  {
    args: "client versions list --model langtech/lid",
    field: "versions",
    people: /^langtech\/lid@3 +production /m,
  },
  { args: "client versions get langtech/lid@3", field: "version", people: /^ {2}model\.safetensors +7 B$/m },
  {
    args: "client versions download --model second/m --version 1",
    field: "files",
    people: /^folder +.*\/m-1$/m,
  },
  { args: "client versions update second/m@1 --name title", field: "version", people: /^name +title$/m },
  { args: "client versions tag second/m@1 t", field: "previousVersionId", people: /^ {2}t +since 20/m },
  { args: "client versions tags second/m", field: "assignments", people: /^t +1 +20\d\d-/m },
  {
    args: "client versions untag second/m@t",
    field: "version",
    before: "client versions tag second/m@1 t",
    people: /^path +second\/m@1$/m,
  },
  { args: `client artifacts upload ${object} --name u report.html`, field: "artifact", people: /^name +u$/m },
  { args: `client artifacts track ${object} --name t s3://b/k`, field: "artifact", people: /^files +1$/m },
  {
    args: "client artifacts list version:langtech/lid@3",
    field: "artifacts",
    people: /^default +version:langtech\/lid@3 +2 +12 B /m,
  },
  {
    args: "client artifacts get version:langtech/lid@3",
    field: "artifact",
    people: /^ {2}model\.safetensors +7 B$/m,
  },
  { args: `client artifacts get ${object} --name report`, field: "artifact", people: /^name +report$/m },
  { args: `client artifacts files ${object} --name report`, field: "files", people: /^report\.html +12 B /m },
  {
    args: "client artifacts files version:langtech/lid@3",
    field: "files",
    people: /^model\.safetensors +7 B /m,
  },
  { args: "client artifacts get ARTIFACT", field: "artifact", people: /^ {2}report\.html +12 B$/m },
  {
    args: "client artifacts files ARTIFACT",
    field: "files",
    people: /^report\.html +12 B +[0-9a-f]{64} +- /m,
  },
  { args: "client artifacts download ARTIFACT", field: "files", people: /^folder +.*\/report$/m },
  {
    args: `client labels set ${object} team=speech n=3`,
    field: "labels",
    people: /^team +speech$/m,
    quiet: /^n\nteam\n$/,
  },
  {
    args: "client labels get version:langtech/lid@3",
    field: "labels",
    people: /^n +3$/m,
    quiet: /^n\nteam\n$/,
  },
  { args: `client labels unset ${object} n`, field: "labels", people: /^team +speech$/m, quiet: /^team\n$/ },
  { args: `client metrics log ${object} --step 3 loss=nan`, field: "pointCount", people: /^$/, quiet: /^$/ },
  {
    args: "client metrics get version:langtech/lid@3",
    field: "points",
    people: /^loss +3 +NaN +20/m,
    quiet: /^loss\n$/,
  },
  { args: `client events log ${object} --name deployed`, field: "events", people: /^20\S+Z +deployed +/m },
  { args: `client events list ${object}`, field: "events", people: /^20\S+Z +deployed +argo-cd /m },
  {
    args: "client lineage version:langtech/lid@3",
    field: "nodes",
    people: /^ {2}└─ deployment:eu-west \(deployed_to\)$/m,
    quiet: /^version:\S+\n(\w+:\S+\n)+$/,
  },
  {
    args: "client lineage link dataset:d experiment:second/e --relation trained_on",
    field: "edges",
    people: /^dataset:d +trained_on +experiment:/m,
    quiet: /^dataset:d experiment:\S+\n$/,
  },
  {
    args: "client lineage unlink dataset:d experiment:second/e --relation trained_on",
    field: "removedCount",
    people: /^$/,
    quiet: /^$/,
  },
  { args: "client storage", field: "server", people: /^PROJECT +FILES +LOGICAL +DISTINCT +STORED +QUOTA$/m },
  {
    args: "client storage --project langtech",
    field: "objects",
    people: /^KIND +OBJECT +LOGICAL +EXCLUSIVE +SHARED$/m,
  },
  {
    args: "client watch --project second --after 0 --limit 2",
    field: "change",
    people: /^20\S+Z {2}#1 {2}created project:second {2}by /,
  },
  {
    args: "client watch --project langtech --after 0 --kind artifact --limit 1",
    field: "change",
    people: / {2}created artifact:langtech\/lid@3 report {2}by /,
  },
  { args: `client artifacts delete ${object} --name u`, field: "artifact", people: /^$/ },
  { args: "client artifacts delete ARTIFACT", field: "artifact", people: /^$/ },
  { args: "client versions delete second/m@1", field: "version", people: /^$/ },
  { args: "client models delete second/m", field: "model", people: /^$/ },
  { args: "client checkpoints delete second/e/last", field: "checkpoint", people: /^$/ },
  { args: "client experiments delete second/e", field: "experiment", people: /^$/ },
  { args: "client projects delete second", field: "namespace", people: /^$/ },
];

/** These print something else; see server-commands.test.ts and cache.test.ts. */
const others = /^(server|completion|client:init-config|client:cache)/;

test("every command is here", () => {
  const called = forms.map(({ args }) =>
    Object.keys(commandTable).filter((one) => `${args} `.startsWith(`${one.replaceAll(":", " ")} `)),
  );
  const longest = new Set(called.map((ids) => ids.toSorted((a, b) => b.length - a.length)[0] ?? ""));
  expect([...longest].toSorted()).toEqual(
    Object.keys(commandTable)
      .filter((one) => !others.test(one))
      .toSorted(),
  );
});

/** Deletions work once: the other forms have a test of their own. */
const isDeletion = (args: string): boolean => / delete /.test(args);

describe.each(forms)("$args", ({ args, field, people, quiet, before }) => {
  const call = async (form: string): Promise<string> => {
    if (before !== undefined) await cli.ok(before);
    return await cli.ok(`${args.replace("ARTIFACT", artifact)}${form}`);
  };

  test("as JSON", async () => {
    const text = await call(" --json");
    for (const message of args.includes("watch") ? text.trimEnd().split("\n") : [text]) {
      const parsed = JSON.parse(message) as Record<string, unknown>;
      if (!args.includes("watch") || "change" in parsed) expect(parsed).toHaveProperty(field);
    }
  });

  if (isDeletion(args)) return;

  test("for people", async () => {
    expect(await call("")).toMatch(people);
  });

  test("as ids", async () => {
    const text = await call(" --quiet");
    if (quiet) return expect(text).toMatch(quiet);
    for (const line of text.trimEnd().split("\n")) expect(line).toMatch(id);
  });
});

describe("deletions", () => {
  const make = [
    "client projects create --name third",
    "client experiments create --project third --name e",
  ] as const;

  test("say what was deleted, and print its id", async () => {
    for (const args of make) await cli.ok(args);
    const deleted = await cli.run("client experiments delete third/e");
    expect(deleted).toEqual({ stdout: "", stderr: "Deleted experiment third/e.\n", exitCode: 0 });
    expect(await cli.ok("client projects delete third --quiet")).toMatch(/^[0-9a-f-]{36}\n$/);
  });
});

test("what a version came from is named by its path, or by its id when that is gone", async () => {
  await cli.ok("client experiments create --project origins --name e");
  await cli.ok("client checkpoints create --experiment origins/e --step 1 report.html");
  await cli.ok("client models create --project origins --name m");
  await cli.ok("client versions create --model origins/m --version 1 --from-checkpoint origins/e/step-1");
  const before = await cli.ok("client versions get origins/m@1");
  expect(before).toMatch(/^checkpoint +origins\/e\/step-1$/m);
  expect(before).toMatch(/^experiment +origins\/e$/m);
  await cli.ok("client checkpoints delete origins/e/step-1");
  const after = await cli.ok("client versions get origins/m@1");
  expect(after).toMatch(/^checkpoint +[0-9a-f-]{36}$/m);
});

test("a parent may be an argument instead of a flag", async () => {
  for (const [list, parent, flag] of [
    ["client checkpoints list", "langtech/wav2vec-lid", "--experiment"],
    ["client versions list", "langtech/lid", "--model"],
    ["client artifacts list", "version:langtech/lid@3", "--object"],
  ] as const) {
    const byFlag = await cli.ok(`${list} ${flag} ${parent} --quiet`);
    expect(byFlag).not.toBe("");
    expect(await cli.ok(`${list} ${parent} --quiet`)).toBe(byFlag);
  }
  expect(await cli.ok("client versions list lid --project langtech --quiet")).toMatch(/^[0-9a-f-]{36}$/m);
});

test("an event without data shows none", async () => {
  await cli.ok(`client events log ${object} --name bare`);
  expect(await cli.ok(`client events list ${object} --filter name="bare"`)).toMatch(
    / bare +- +- +[0-9a-f-]{36}$/m,
  );
});

describe("lists", () => {
  const experiments = "client experiments list --project many";
  beforeAll(async () => {
    for (const name of ["a", "b", "c", "d", "e"])
      await cli.ok(`client experiments create --project many --name ${name}`);
  });

  test("are filtered, ordered and cut", async () => {
    const filtered = await cli.ok([
      ...experiments.split(" "),
      "--filter",
      'name = "a" OR name = "d"',
      "--json",
    ]);
    expect(namesIn(filtered)).toEqual(["d", "a"]);
    expect(namesIn(await cli.ok([...experiments.split(" "), "--order-by", "name desc", "--json"]))).toEqual([
      "e",
      "d",
      "c",
      "b",
      "a",
    ]);
    expect(namesIn(await cli.ok(`${experiments} --order-by name --limit 3 --json`))).toEqual(["a", "b", "c"]);
  });

  test("are gone on with where a page ended, and told to people", async () => {
    const first = await cli.run(`${experiments} --order-by name --page-size 2`);
    const token = /--page-token (\S+)/.exec(first.stderr)?.[1] ?? "";
    expect(first.stdout).toContain("many/b");
    const second = await cli.ok(`${experiments} --order-by name --page-size 2 --page-token ${token} --json`);
    expect(namesIn(second)).toEqual(["c", "d"]);
  });

  test("with --all come in one response, whatever the pages", async () => {
    const response = await cli.ok(`${experiments} --order-by name --page-size 2 --all --json`);
    expect(namesIn(response)).toEqual(["a", "b", "c", "d", "e"]);
    expect(JSON.parse(response)).toMatchObject({ nextPageToken: "" });
    expect((await cli.ok(`${experiments} --all --quiet`)).trimEnd().split("\n")).toHaveLength(5);
  });

  test("of nothing say so, on standard error", async () => {
    const run = await cli.run("client models list --project many");
    expect(run).toEqual({ stdout: "", stderr: "There are no models here.\n", exitCode: 0 });
  });
});

function namesIn(response: string): readonly string[] {
  return (JSON.parse(response) as { experiments: { name: string }[] }).experiments.map(({ name }) => name);
}
