import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable, temporaryFolder } from "../support/server.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function environment(): Record<string, string> {
  return { HOME: folder.path };
}

function run(args: string, env: Record<string, string> = {}) {
  const child = Bun.spawnSync([executable, ...args.split(" ")], {
    cwd: folder.path,
    env: { ...environment(), ...env },
  });
  return { stdout: child.stdout.toString(), stderr: child.stderr.toString(), exitCode: child.exitCode };
}

function read(path: string): string {
  return readFileSync(join(folder.path, path), "utf8");
}

describe("init-config", () => {
  test.each([
    ["server init-config", "modelbox.toml", "listen_addr"],
    ["server init-config --config-path ./deep/er/server.toml", "deep/er/server.toml", "listen_addr"],
    ["client init-config", ".config/modelbox/client.toml", "server_addr"],
  ])("%s writes %s, prints it, and keeps one that is there", (args, path, key) => {
    const whole = join(folder.path, path);
    expect(run(args)).toEqual({ stdout: `Wrote ${whole}\n`, stderr: "", exitCode: 0 });
    expect(read(path)).toContain(`${key} = "`);
    expect(statSync(whole).mode & 0o077).toBe(0);

    writeFileSync(whole, "mine");
    const again = run(args);
    expect(again).toMatchObject({ stdout: "", exitCode: 4 });
    expect(again.stderr).toContain("--force");
    expect(read(path)).toBe("mine");

    expect(JSON.parse(run(`${args} --force --json`).stdout)).toEqual({ path: whole });
    expect(read(path)).toContain(`${key} = "`);
    expect(run(`${args} --force --quiet`).stdout).toBe(`${whole}\n`);
  });

  test.each([
    ["a folder", "folder", "it is a folder"],
    ["below a file", "file/modelbox.toml", "a part of its path is no folder"],
    ["further below a file", "file/deep/modelbox.toml", "a part of its path is no folder"],
    ["where no folder can be made", "/proc/none/modelbox.toml", "its folder can't be made"],
    ["where no file can be made", "/proc/modelbox.toml", "can't be"],
  ])("%s is refused in one sentence", (_name, path, reason) => {
    mkdirSync(join(folder.path, "folder"));
    writeFileSync(join(folder.path, "file"), "");
    for (const args of ["server init-config", "client init-config --force"]) {
      const { stdout, stderr, exitCode } = run(`${args} --config-path ${path}`);
      expect(stderr).toMatch(
        /^Error: \/\S+ can't be written: [a-z' -]+; choose another file with --config-path\.\n$/,
      );
      expect(stderr).toContain(reason);
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 5 });
    }
  });

  test("what the client's file says is used, and what goes before it", () => {
    run("client init-config --server-addr http://127.0.0.1:2");
    const asked = (args: string, env = {}) =>
      /http:\/\/127\.0\.0\.1:\d+/.exec(run(`client projects list${args}`, env).stderr)?.[0];
    expect(asked("")).toBe("http://127.0.0.1:2");
    expect(asked("", { MODELBOX_SERVER_ADDR: "http://127.0.0.1:3" })).toBe("http://127.0.0.1:3");
    expect(asked(" --server-addr 127.0.0.1:4", { MODELBOX_SERVER_ADDR: "http://127.0.0.1:3" })).toBe(
      "http://127.0.0.1:4",
    );
    writeFileSync(join(folder.path, "other.toml"), 'server_addr = "http://127.0.0.1:5"\n');
    expect(asked(" --config-path other.toml")).toBe("http://127.0.0.1:5");
  });

  test("a file with a mistake is named, with the key", () => {
    writeFileSync(join(folder.path, "modelbox.toml"), 'listen_adr = "127.0.0.1:0"\n');
    const { stderr, exitCode } = run("server start");
    expect(stderr).toMatch(/^Error: .*listen_adr.*modelbox\.toml.*\n$/s);
    expect(exitCode).toBe(5);
  });
});

describe("server start", () => {
  /** Starts a server, waits for its addresses, and stops it with a signal. */
  async function start(args: string, signal: NodeJS.Signals) {
    const child = Bun.spawn([executable, "server", "start", "--json", ...args.split(" ").filter(Boolean)], {
      cwd: folder.path,
      env: environment(),
      stdout: "pipe",
      stderr: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    const addresses = JSON.parse(new TextDecoder().decode(value)) as { http: string; grpc: string };
    const health = await fetch(`${addresses.http}/healthz`);
    child.kill(signal);
    return {
      addresses,
      health: health.status,
      exitCode: await child.exited,
      log: await new Response(child.stderr).text(),
    };
  }

  const anyPorts = "--listen-addr 127.0.0.1:0 --grpc-listen-addr 127.0.0.1:0";

  test.each(["SIGTERM", "SIGINT"] as const)(
    "prints its addresses as JSON, and ends well on %s",
    async (signal) => {
      const { addresses, health, exitCode, log } = await start(anyPorts, signal);
      expect(addresses.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(addresses.grpc).toMatch(/^127\.0\.0\.1:\d+$/);
      expect({ health, exitCode }).toEqual({ health: 200, exitCode: 0 });
      expect(log).toContain("modelbox-data");
    },
  );

  test("says which file it was configured by, and takes paths from there", async () => {
    mkdirSync(join(folder.path, "path/to"), { recursive: true });
    const text = 'listen_addr = "127.0.0.1:0"\ngrpc_listen_addr = "127.0.0.1:0"\n';
    writeFileSync(join(folder.path, "path/to/modelbox.toml"), text);
    const named = await start("--config-path ./path/to/modelbox.toml", "SIGTERM");
    expect(named.log).toContain(join(folder.path, "path/to/modelbox.toml"));
    expect(statSync(join(folder.path, "path/to/modelbox-data")).isDirectory()).toBe(true);

    writeFileSync(join(folder.path, "modelbox.toml"), text);
    const found = await start("", "SIGTERM");
    expect(found.log).toContain(join(folder.path, "modelbox.toml"));
  });

  test("a port that is taken is said in one sentence", () => {
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { stderr, exitCode } = run(
      `server start --listen-addr 127.0.0.1:${other.port} --grpc-listen-addr 127.0.0.1:0`,
    );
    expect(stderr).toMatch(/^Error: .*in use.*\n$/);
    expect(exitCode).toBe(5);
  });
});

describe("server migrate", () => {
  test("shows both sides, brings one to the other, and says so", () => {
    const before = run("server migrate --status");
    expect(before).toMatchObject({ exitCode: 0 });
    expect(before.stdout).toMatch(/^\S+ +pending/m);
    expect(before.stderr).toContain("has no tables at");

    expect(run("server migrate").stderr).toMatch(/Brought .*metadata\.db up to date\./);
    const status = JSON.parse(run("server migrate --status --json").stdout) as Record<string, unknown[]>;
    expect(status).toMatchObject({ exists: true, pending: [], unknown: [] });
    expect(status["applied"]).not.toEqual([]);
    expect(run("server migrate").stderr).toContain("was up to date");
    expect(run("server migrate --status --quiet").stdout.trim()).not.toBe("");
  });
});

describe("completion", () => {
  test("of bash works with the executable itself", () => {
    const line =
      'source <("$0" completion bash); COMP_WORDS=(modelbox client lineage --direction ""); COMP_CWORD=4; _modelbox; echo "${COMPREPLY[@]}"';
    const bash = Bun.spawnSync(["bash", "-c", line, executable], { cwd: folder.path });
    expect(bash.stdout.toString()).toBe("both ancestors descendants\n");
  });

  test.each(["bash", "zsh", "fish"])("of %s comes as JSON too", (shell) => {
    const parsed = JSON.parse(run(`completion ${shell} --json`).stdout) as Record<string, string>;
    expect(parsed["shell"]).toBe(shell);
    expect(parsed["script"]).toContain("modelbox");
  });
});
