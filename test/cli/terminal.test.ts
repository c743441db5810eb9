import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/server.ts";
import { startCommandLine, type CommandLine } from "./command-line.ts";

let cli: CommandLine;
beforeAll(async () => {
  cli = await startCommandLine();
  await cli.world.build("everything");
});
afterAll(() => cli[Symbol.asyncDispose]());

/** A command on a terminal, with what the terminal shows. */
function onTerminal(args: string, columns = 100) {
  let shown = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([cli.executable, ...args.split(" ")], {
    cwd: cli.folder,
    env: { HOME: cli.folder, MODELBOX_SERVER_ADDR: cli.serverAddr, TERM: "xterm" },
    terminal: {
      cols: columns,
      rows: 40,
      data: (_terminal, data) => {
        shown += decoder.decode(data, { stream: true });
      },
    },
  });
  return {
    child,
    type: (text: string) => child.terminal?.write(text),
    shows: (text: string) =>
      until(`terminal to show "${text}"`, () => (Bun.stripANSI(shown).includes(text) ? true : undefined)),
    text: () => Bun.stripANSI(shown).replaceAll("\r\n", "\n"),
    raw: () => shown,
  };
}

describe("on a terminal", () => {
  test("required flags that are missing are asked for", async () => {
    const terminal = onTerminal("client models create --owner your@email.com");
    await terminal.shows("Id or name of the project");
    terminal.type("langtech\r");
    await terminal.shows("Name of the model");
    terminal.type("asked-for\r");
    expect(await terminal.child.exited).toBe(0);
    expect(await cli.ok("client models get langtech/asked-for")).toContain("your@email.com");
  });

  test("an object that is missing is asked for", async () => {
    const terminal = onTerminal("client projects get");
    await terminal.shows("Id or name of the project");
    terminal.type("langtech\r");
    await terminal.shows("owner");
    expect(await terminal.child.exited).toBe(0);
  });

  test.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("%s at a question ends it", async (_name, key) => {
    const terminal = onTerminal("client projects create");
    await terminal.shows("Name of the project");
    terminal.type(key);
    expect(await terminal.child.exited).toBe(130);
    const hesitant = onTerminal("client projects delete langtech");
    await hesitant.shows("Delete project langtech?");
    hesitant.type(key);
    expect(await hesitant.child.exited).toBe(130);
    expect(hesitant.text()).toContain("Error: Interrupted.");
  });

  test("a deletion is asked about, and --yes answers", async () => {
    await cli.ok("client projects create --name unwanted");
    const hesitant = onTerminal("client projects delete unwanted");
    await hesitant.shows("Delete project unwanted?");
    hesitant.type("n\r");
    expect(await hesitant.child.exited).toBe(130);
    expect(hesitant.text()).toContain("Nothing was deleted.");
    const sure = onTerminal("client projects delete unwanted --yes");
    expect(await sure.child.exited).toBe(0);
    expect((await cli.run("client projects get unwanted")).exitCode).toBe(3);
  });

  test("tables fit, and their header stands out", async () => {
    await cli.ok([
      "client",
      "projects",
      "create",
      "--name",
      "wordy",
      "--description",
      "many words ".repeat(20).trim(),
    ]);
    const terminal = onTerminal("client projects list", 60);
    await terminal.child.exited;
    for (const line of terminal.text().split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(60);
    expect(terminal.raw()).toContain("\u001b[1mNAME");
  });
});

test("a server that is slow to answer is waited for aloud, on a terminal only", async () => {
  using silent = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () => new Promise(() => undefined),
  });
  const terminal = onTerminal(`client projects list --server-addr 127.0.0.1:${silent.port}`);
  await terminal.shows(`Waiting for http://127.0.0.1:${silent.port} to answer`);
  terminal.type("\u0003");
  expect(await terminal.child.exited).toBe(130);
});

test("transfers show how far they are, on a terminal only", async () => {
  const size = 8 * 1024 * 1024;
  writeFileSync(join(cli.folder, "large.bin"), randomBytes(size));
  const create = "client checkpoints create --experiment langtech/wav2vec-lid large.bin";
  const terminal = onTerminal(`${create} --step 5`);
  expect(await terminal.child.exited).toBe(0);
  expect(terminal.text()).toMatch(/Uploading .* of 8\.00 MiB/);
  expect(terminal.raw()).toContain("\r\u001b[K");
  const piped = await cli.run(`${create} --step 6`);
  expect(piped.stderr).not.toContain("Uploading");
  expect(piped.stdout).not.toContain("\r");
});

test("off a terminal nothing is coloured or cut", async () => {
  const text = await cli.ok("client projects list");
  expect(text).toBe(Bun.stripANSI(text));
  expect(text).toContain("many words ".repeat(20).trim());
});

test("Ctrl-C ends a watch with 130, after what has come", async () => {
  const watch = Bun.spawn(
    [cli.executable, "client", "watch", "--project", "langtech", "--after", "0", "--json"],
    {
      env: { HOME: cli.folder, MODELBOX_SERVER_ADDR: cli.serverAddr },
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const decoder = new TextDecoder();
  let text = "";
  const reader = watch.stdout.getReader();
  while (!text.includes('"change"')) {
    const { value, done } = await reader.read();
    expect(done).toBe(false);
    text += decoder.decode(value, { stream: true });
  }
  watch.kill("SIGINT");
  expect(await watch.exited).toBe(130);
  expect(await new Response(watch.stderr).text()).toMatch(/^Error: .*\n$/);
});
