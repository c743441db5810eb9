import { describe, expect, test } from "bun:test";
import { commandTable, loadCommands, topics } from "./command-table.ts";
import { readRequest } from "./requests.ts";

const classes = await loadCommands();

describe("every group of commands", () => {
  const groups = new Set(Object.keys(commandTable).flatMap((id) => prefixes(id.split(":").slice(0, -1))));
  test.each([...groups])("%s says what it is for", (group) => {
    expect(topics[group]?.description ?? "").toEndWith(".");
  });

  test("has commands", () => {
    expect(Object.keys(topics).filter((topic) => !groups.has(topic))).toEqual([]);
  });
});

describe.each(Object.entries(classes))("%s", (id, command) => {
  const flags = { ...command.baseFlags, ...command.flags };
  const words = `modelbox ${id.replaceAll(":", " ")}`;

  test("says what it does", () => {
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
    expect(command.summary?.length).toBeLessThanOrEqual(80);
    expect(command.description).toMatch(/^[A-Z`].*\.$/s);
    expect(command.description).not.toContain("\n");
  });

  test("takes --json and --quiet", () => {
    expect(flags).toHaveProperty("json");
    expect(flags).toHaveProperty("quiet");
  });

  test("has examples that call it with flags it has", () => {
    const examples = command.examples ?? [];
    expect(examples.length).toBeGreaterThanOrEqual(1);
    for (const example of examples) {
      if (typeof example !== "string") throw new Error("an example is one line");
      expect(example).toContain(words);
      // What the shell makes of its output comes behind.
      const line = example.slice(example.indexOf(words) + "modelbox ".length).replace(/\)? *([|>].*)?$/, "");
      expect(readRequest(line.split(" "))).toMatchObject({ kind: "run", id });
      expect(flagsIn(line).filter((flag) => !namesOf(flags).includes(flag))).toEqual([]);
    }
  });

  test("says what each flag and argument is for", () => {
    for (const [name, flag] of Object.entries(flags)) {
      expect(`${name}: ${flag.summary ?? ""}`).toMatch(/: \S.*[.?]$/);
    }
    for (const [name, argument] of Object.entries(command.args)) {
      expect(`${name}: ${argument.description ?? ""}`).toMatch(/: \S.*\.$/);
      // oclif would wait for standard input where an argument is missing.
      expect(argument.ignoreStdin).toBe(true);
    }
  });

  test("has flags of which none swallows what stands behind it", () => {
    for (const flag of Object.values(flags)) {
      if (flag.type === "option" && flag.multiple === true) expect(flag.multipleNonGreedy).toBe(true);
    }
  });

  test("says project, project-id and namespace alike", () => {
    if (flags["project"]) expect(flags["project"].aliases).toEqual(["project-id", "namespace"]);
  });
});

function prefixes(words: readonly string[]): readonly string[] {
  return words.map((_, index) => words.slice(0, index + 1).join(":"));
}

function namesOf(flags: (typeof classes)[string]["flags"]): readonly string[] {
  return Object.entries(flags).flatMap(([name, flag]) =>
    [name, ...(flag.aliases ?? [])].map((one) => `--${one}`),
  );
}

/** The flags of an example, without what stands in quotes. */
function flagsIn(line: string): readonly string[] {
  return line
    .replaceAll(/'[^']*'/g, "''")
    .split(" ")
    .filter((word) => word.startsWith("--"));
}
