import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { executable, startServer, temporaryFolder, until, untilReady } from "../support/server.ts";

const invalidStatus = 5;
/**
 * Processor time, as often as `--version` takes it: seconds would measure the machine and what else it does. bench/ has those.
 * The least of several starts.
 */
const readyLimit = 25;
const starts = 5;
const anyPorts = { MODELBOX_LISTEN_ADDR: "127.0.0.1:0", MODELBOX_GRPC_LISTEN_ADDR: "127.0.0.1:0" };

interface Failure {
  readonly stderr: string;
  readonly exitCode: number;
}

/** Starts a server that is expected to end by itself. */
function failingStart(folder: string, env: Record<string, string>, ...args: string[]): Failure {
  const { stderr, exitCode } = Bun.spawnSync([executable, "server", "start", ...args], {
    cwd: folder,
    env: { HOME: folder, NO_COLOR: "1", ...anyPorts, ...env },
    stdin: "ignore",
    timeout: 20_000,
  });
  return { stderr: stderr.toString(), exitCode };
}

function logLines(log: string): readonly Record<string, unknown>[] {
  return log
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function occupiedPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => holder.close(() => resolve())),
  };
}

describe("without any configuration", () => {
  test("the first log lines say where it listens and where the data is", async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const [first, second] = logLines(server.log());
    expect(first).toMatchObject({
      level: "info",
      msg: "listening",
      http: server.httpAddr,
      grpc: server.grpcAddr,
    });
    expect(second).toMatchObject({
      msg: "storage",
      metadata: join(folder.path, "modelbox-data/metadata.db"),
      blobs: join(folder.path, "modelbox-data/blobs"),
      config: "defaults",
    });
  });

  test("nobody else can look into the data", async () => {
    using folder = temporaryFolder();
    await using _server = await startServer(folder.path);
    for (const path of ["modelbox-data", "modelbox-data/blobs"]) {
      expect(statSync(join(folder.path, path)).mode & 0o077).toBe(0);
    }
    expect(statSync(join(folder.path, "modelbox-data/metadata.db")).mode & 0o077).toBe(0);
  });

  test(`it is ready after at most ${readyLimit} times the processor time of --version`, async () => {
    const times: number[] = [];
    const versionTimes: number[] = [];
    for (let count = 0; count < starts; count += 1) {
      using folder = temporaryFolder();
      const { resourceUsage } = Bun.spawnSync([executable, "--version"], { env: { HOME: folder.path } });
      versionTimes.push(Number(resourceUsage.cpuTime.total) / 1e6);
      await using server = await startServer(folder.path);
      const metrics = await (await fetch(`${server.httpAddr}/metrics`)).text();
      times.push(Number(/^process_cpu_seconds_total (.+)$/m.exec(metrics)?.[1]));
    }
    expect(Math.min(...times) / Math.min(...versionTimes)).toBeLessThan(readyLimit);
  });

  test("on a terminal it greets in three lines instead", async () => {
    using folder = temporaryFolder();
    let shown = "";
    const child = Bun.spawn([executable, "server", "start"], {
      cwd: folder.path,
      env: { HOME: folder.path, TERM: "xterm", NO_COLOR: "1", ...anyPorts },
      terminal: { cols: 200, rows: 50, data: (_, data) => void (shown += new TextDecoder().decode(data)) },
    });
    await until("greeting", () => (shown.includes("Stop it with") ? true : undefined));
    const lines = shown.split("\r\n");
    expect(lines[0]).toMatch(
      /^ModelBox \S+ listens on http:\/\/127\.0\.0\.1:\d+, native gRPC on 127\.0\.0\.1:\d+\.$/,
    );
    expect(lines[1]).toContain(join(folder.path, "modelbox-data/metadata.db"));
    expect(lines[2]).toBe("Stop it with Ctrl-C.");
    child.terminal?.write("\u0003");
    await child.exited;
    expect(shown).toContain("INFO  stopped");
  });
});

test("a log on a full disk costs its lines, and not the server", async () => {
  using folder = temporaryFolder();
  const address = `127.0.0.1:${await freePort()}`;
  const child = Bun.spawn([executable, "server", "start"], {
    cwd: folder.path,
    env: { HOME: folder.path, ...anyPorts, MODELBOX_LISTEN_ADDR: address },
    stderr: Bun.file("/dev/full"),
  });
  await untilReady(`http://${address}`);
  expect((await fetch(`http://${address}/made-up-path`)).status).toBe(404);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

test("with a file: it is named in the log, and relative paths begin at its folder", async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, "etc"));
  const file = join(folder.path, "etc/modelbox.toml");
  writeFileSync(
    file,
    '[metadata_storage_integrated]\npath = "data/m.db"\n[blob_storage_filesystem]\nbase_dir = "data/b"\n',
  );
  mkdirSync(join(folder.path, "etc/data"), { mode: 0o700 });
  await using server = await startServer(join(folder.path, "etc"));
  expect(logLines(server.log())[1]).toMatchObject({
    config: file,
    metadata: join(folder.path, "etc/data/m.db"),
  });
  expect(existsSync(join(folder.path, "etc/data/m.db"))).toBe(true);
});

describe("a start that can't succeed says in one line which key is wrong", () => {
  const cases: readonly (readonly [
    name: string,
    file: string,
    env: Record<string, string>,
    expected: RegExp,
  ])[] = [
    ["unknown key", "listen_adr = 1", {}, /"listen_adr" in .*bad\.toml; did you mean "listen_addr"\?/],
    [
      "wrong type",
      "drain_timeout_seconds = true",
      {},
      /drain_timeout_seconds in .*bad\.toml: expected a whole number/,
    ],
    ["missing section", 'metadata_storage = "postgres"', {}, /needs a section \[metadata_storage_postgres\]/],
    [
      "certificates that are not there",
      'blob_storage = "s3"\n[blob_storage_s3]\nca_file = "missing.pem"',
      {},
      /blob_storage_s3\.ca_file: .*missing\.pem can't be read .*name another/,
    ],
    [
      "one role beside the integrated database",
      'roles = ["blob"]',
      {},
      /roles = \["blob"\] needs metadata_storage = "mysql" or "postgres": one server alone owns the integrated database/,
    ],
    [
      "open to all",
      "",
      { MODELBOX_LISTEN_ADDR: "0.0.0.0:0" },
      /listen_addr = "0\.0\.0\.0:0" .*insecure = true/,
    ],
    [
      "bad environment",
      "",
      { MODELBOX_LOG_LEVEL: "loud" },
      /log\.level in the environment \(MODELBOX_LOG_LEVEL\)/,
    ],
    [
      "foreign address",
      "insecure = true",
      { MODELBOX_LISTEN_ADDR: "192.0.2.1:0" },
      /listen_addr 192\.0\.2\.1:0 is not an address of this machine/,
    ],
    [
      "folder that can't be made",
      "",
      { MODELBOX_METADATA_STORAGE_INTEGRATED_PATH: "/proc/none/metadata.db" },
      /metadata_storage_integrated\.path: the folder \/proc\/none can't be made/,
    ],
    [
      "database that is a folder",
      "",
      { MODELBOX_METADATA_STORAGE_INTEGRATED_PATH: "/etc" },
      /metadata_storage_integrated\.path: \/etc is a folder; name a file in it, for example \/etc\/metadata\.db/,
    ],
    [
      "database that is a device",
      "",
      { MODELBOX_METADATA_STORAGE_INTEGRATED_PATH: "/dev/null" },
      /metadata_storage_integrated\.path: \/dev\/null is not an ordinary file/,
    ],
    [
      "blobs that can't be written",
      "",
      { MODELBOX_BLOB_STORAGE_FILESYSTEM_BASE_DIR: "/proc" },
      /blob_storage_filesystem\.base_dir: the folder \/proc can't be written to/,
    ],
  ];
  test.each(cases)("%s", (_name, text, env, expected) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "bad.toml");
    writeFileSync(file, text);
    const { stderr, exitCode } = failingStart(folder.path, env, "--config-path", file);
    expect(stderr).toMatch(expected);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(exitCode).toBe(invalidStatus);
  });

  test.each(["listen_addr", "grpc_listen_addr"])("%s in use by another program", async (key) => {
    using folder = temporaryFolder();
    await using occupied = await occupiedPort();
    const variable = `MODELBOX_${key.toUpperCase()}`;
    const { stderr, exitCode } = failingStart(folder.path, { [variable]: `127.0.0.1:${occupied.port}` });
    expect(stderr).toMatch(new RegExp(`${key} 127\\.0\\.0\\.1:${occupied.port} is in use.*${variable}`));
    expect(exitCode).toBe(invalidStatus);
  });
});

test.each(["listen_addr", "grpc_listen_addr"])("%s in use by another ModelBox server", async (key) => {
  using folder = temporaryFolder();
  await using first = await startServer(folder.path);
  const taken = key === "listen_addr" ? new URL(first.httpAddr).host : first.grpcAddr;
  using other = temporaryFolder();
  const { stderr, exitCode } = failingStart(other.path, { [`MODELBOX_${key.toUpperCase()}`]: taken });
  expect(stderr).toContain(`${key} ${taken} is in use`);
  expect(exitCode).toBe(invalidStatus);
});

test("a data folder in use by another server is refused, and works again once that has ended", async () => {
  using folder = temporaryFolder();
  {
    await using _first = await startServer(folder.path);
    const { stderr, exitCode } = failingStart(folder.path, {});
    expect(stderr).toMatch(/data folder .*modelbox-data is in use by another ModelBox server/);
    expect(exitCode).toBe(invalidStatus);
  }
  await using _second = await startServer(folder.path);
});

test("a database of a newer ModelBox is refused and left as it is", async () => {
  using folder = temporaryFolder();
  {
    await using _server = await startServer(folder.path);
  }
  const path = join(folder.path, "modelbox-data/metadata.db");
  using database = new Database(path);
  const table = "modelbox_migrations";
  database.run(
    `INSERT INTO ${table} (position, tag, digest, applied_by, applied_at) VALUES (9999, '9999_future', 'x', '99.0.0', 0)`,
  );
  database.close();
  const before = readFileSync(path);
  const { stderr, exitCode } = failingStart(folder.path, {});
  expect(stderr).toMatch(/was upgraded by ModelBox 99\.0\.0 .*run ModelBox 99\.0\.0 or a later one/);
  expect(exitCode).toBe(invalidStatus);
  expect(readFileSync(path).equals(before)).toBe(true);
});
