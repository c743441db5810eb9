import { describe, expect, test } from "bun:test";
import type { Command } from "@oclif/core";
import { commandTable } from "../../src/cli/command-table.ts";
import { textOf, trackedFiles } from "./tracked-files.ts";

const folder = "src/cli/commands/";

describe("the command table", () => {
  test("holds every file of the commands folder, under its path", () => {
    const files = trackedFiles.filter((path) => path.startsWith(folder) && !path.endsWith(".test.ts"));
    const ids = files.map((path) => path.slice(folder.length, -".ts".length).replaceAll("/", ":"));
    expect(Object.keys(commandTable).toSorted()).toEqual(ids.toSorted());
  });

  test("loads the file that the id names", () => {
    const table = textOf("src/cli/command-table.ts") ?? "";
    for (const id of Object.keys(commandTable))
      expect(table).toContain(`./commands/${id.replaceAll(":", "/")}.ts`);
  });

  for (const [id, load] of Object.entries(commandTable)) {
    test(`${id.replaceAll(":", " ")} says what it does`, async () => {
      const { default: command } = await load();
      expect(command.summary ?? command.description ?? "").not.toBe("");
    });
  }
});

/** A call of modelbox in a page: where it stands, and its words. */
interface Call {
  readonly place: string;
  readonly words: readonly string[];
}

const calls = trackedFiles.filter((path) => path.endsWith(".md")).flatMap(callsIn);

describe("a command in the docs", () => {
  for (const { place, words } of calls) {
    test(`${place}: modelbox ${words.join(" ")}`, async () => expect(await mistakeIn(words)).toBe(""));
  }
});

/** Lines of code blocks that begin with the program, continued lines joined, and code within a sentence. */
function callsIn(path: string): Call[] {
  const text = (textOf(path) ?? "").replaceAll(/ *\\\n */g, " ");
  return text.split("\n").flatMap((line, index) => {
    const whole = /^\s*(?:\$ )?(?:\w+=\S+ )*(?:\.\/bin\/)?modelbox( \S.*)$/.exec(line)?.[1];
    const inline = [...line.matchAll(/`(?:\.\/bin\/)?modelbox( [^`]*)`/g)].map(([, rest]) => rest ?? "");
    return [...(whole ? [whole] : []), ...inline].map((rest) => ({
      place: `${path}:${index + 1}`,
      words: rest
        .replace(/ [#|>&;].*/, "")
        .trim()
        .split(/\s+/),
    }));
  });
}

/** What is wrong with a call: no such command or group, or a flag that it does not have. */
async function mistakeIn(words: readonly string[]): Promise<string> {
  if (words[0] === "help") return await mistakeIn(words.slice(1));
  const ids = Object.keys(commandTable);
  const firstOther = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  const leading = firstOther === -1 ? words : words.slice(0, firstOther);
  for (let count = leading.length; count > 0; count -= 1) {
    const load = commandTable[leading.slice(0, count).join(":")];
    if (load) return flagMistake((await load()).default, words.slice(count));
  }
  const group = leading.join(":");
  return leading.length === 0 || ids.some((id) => id.startsWith(`${group}:`))
    ? ""
    : `no command ${leading.join(" ")}`;
}

function flagMistake(command: Command.Class, words: readonly string[]): string {
  const known = new Set(["help", ...Object.keys({ ...command.baseFlags, ...command.flags })]);
  const aliases = Object.values({ ...command.baseFlags, ...command.flags }).flatMap(
    (flag) => flag.aliases ?? [],
  );
  const used = words.flatMap((word) => /^--(?:no-)?([a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  const unknown = used.filter((name) => !known.has(name) && !aliases.includes(name));
  return unknown.length === 0 ? "" : `no flag --${unknown.join(", --")}`;
}
