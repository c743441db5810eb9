import { describe, expect, test } from "bun:test";
import { loadCommands, topics } from "../command-table.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { shapeOf } from "./shape.ts";
import { zshScript } from "./zsh.ts";

const shape = shapeOf(await loadCommands(), topics);
const scripts = { bash: bashScript(shape), zsh: zshScript(shape), fish: fishScript(shape) };

describe.each(Object.entries(scripts))("the script for %s", (shell, script) => {
  test("knows every command", () => {
    for (const { words } of shape.commands) {
      const name =
        shell === "zsh" ? `_modelbox__${words.join("__").replaceAll("-", "_")}() {` : words.join(" ");
      expect(script).toContain(name);
    }
  });

  test("knows every flag and every value that can be chosen", () => {
    for (const { names, value } of shape.commands.flatMap((command) => command.flags)) {
      const [name = ""] = names;
      expect(script).toContain(shell === "fish" ? `-l ${name.slice(2)} ` : name);
      if (value.kind === "choice") expect(script).toContain(value.choices.join(" "));
    }
  });

  // Bash is on every machine that runs the tests; the others are asked where they are.
  test("is read without complaint by the shell itself", () => {
    const path = Bun.which(shell) ?? Bun.which("bash");
    if (path === null || !path.endsWith(shell)) return;
    const read = Bun.spawnSync([path, "-n"], { stdin: Buffer.from(script) });
    expect(read.stderr.toString()).toBe("");
    expect(read.exitCode).toBe(0);
  });
});

test("what a shell would act on is quoted", () => {
  const summary = "Don't $(run) `this` or [that]: it\\s text";
  const flag = { names: ["--x"], summary, value: { kind: "text" }, repeats: false } as const;
  const dangerous = {
    groups: [{ words: [], children: [{ word: "go", summary }] }],
    commands: [{ words: ["go"], summary, flags: [flag], takesFiles: false }],
  };
  const run = Bun.spawnSync([
    "bash",
    "-c",
    `${bashScript(dangerous)}\n_modelbox_flags go; echo "$_modelbox_found"`,
  ]);
  expect(run.stdout.toString()).toBe("--x\n");
  expect(zshScript(dangerous)).toContain(String.raw`'go:Don'\''t $(run)`);
  expect(fishScript(dangerous)).toContain(
    String.raw`'Don\'t $(run) ` + "`this`" + String.raw` or [that]: it\\s text'`,
  );
});
