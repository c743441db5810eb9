import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";

/** The executable under test. */
export const executable = process.env["MODELBOX_EXECUTABLE"] ?? join(root, "dist/modelbox");

const readyLimitMs = 60_000;
const stopLimitMs = 60_000;

/** A server of the executable, run in an empty folder away from the repository, on ports of its own. */
export interface TestServer extends AsyncDisposable {
  readonly pid: number;
  /** `http://127.0.0.1:…` */
  readonly httpAddr: string;
  /** `127.0.0.1:…` */
  readonly grpcAddr: string;
  /** What it has written to standard error so far. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

/** An empty folder; disposing removes it. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "modelbox-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Starts a server with its data in `folder`/modelbox-data and waits until it is ready, or only until it listens; `tls` is what
 * it takes to ask it.
 * Disposing ends it by SIGTERM.
 */
export async function startServer(
  folder: string,
  env: Record<string, string> = {},
  tls: Bun.TLSOptions = {},
  waitFor: "ready" | "listening" = "ready",
): Promise<TestServer> {
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, `server-${crypto.randomUUID()}.log`);
  const child = Bun.spawn([executable, "server", "start"], {
    cwd: folder,
    env: {
      HOME: folder,
      MODELBOX_LISTEN_ADDR: "127.0.0.1:0",
      MODELBOX_GRPC_LISTEN_ADDR: "127.0.0.1:0",
      MODELBOX_LOG_FORMAT: "json",
      // Most tests look at what is stored, which must not change meanwhile.
      MODELBOX_ENCODING_ENABLED: "false",
      ...env,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(logPath),
  });
  const log = () => readFileSync(logPath, "utf8");
  const addresses = await until(`server to listen (${logPath})`, () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${log()}`);
    return addressesIn(log());
  });
  if (waitFor === "ready") await untilReady(addresses.http, tls);
  return {
    pid: child.pid,
    httpAddr: addresses.http,
    grpcAddr: addresses.grpc,
    log,
    signal: (name) => child.kill(name),
    exited: child.exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      await child.exited;
      clearTimeout(timer);
    },
  };
}

/** Waits until a server says that it can do work. */
export async function untilReady(httpAddr: string, tls: Bun.TLSOptions = {}): Promise<void> {
  await until("server to be ready", async () => {
    const answer = await fetch(`${httpAddr}/readyz`, { tls }).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  });
}

/** The addresses that the server says it listens on, once it has. */
function addressesIn(log: string): { readonly http: string; readonly grpc: string } | undefined {
  for (const line of log.split("\n").filter((text) => text.startsWith("{") && text.endsWith("}"))) {
    const fields = JSON.parse(line) as Record<string, unknown>;
    if (typeof fields["http"] === "string" && typeof fields["grpc"] === "string")
      return { http: fields["http"], grpc: fields["grpc"] };
  }
  return undefined;
}

/** Waits for a condition: the first value that is not undefined. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + readyLimitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${readyLimitMs} ms for the ${what}`);
    await Bun.sleep(10);
  }
}

/** What a command of the executable printed and how it ended. */
export interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs `modelbox …` against a server, in a folder, without any configuration of the machine. */
export function modelbox(
  server: Pick<TestServer, "httpAddr">,
  folder: string,
  ...args: string[]
): Promise<Run> {
  return modelboxWith({ MODELBOX_SERVER_ADDR: server.httpAddr }, folder, ...args);
}

/** Runs `modelbox …` in a folder, with these variables alone. */
export async function modelboxWith(
  env: Record<string, string>,
  folder: string,
  ...args: string[]
): Promise<Run> {
  const child = Bun.spawn([executable, ...args], {
    cwd: folder,
    env: { HOME: folder, NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

/** As `modelbox`, with `--json`; throws unless it succeeded. */
export async function modelboxJson<T>(
  server: Pick<TestServer, "httpAddr">,
  folder: string,
  ...args: string[]
): Promise<T> {
  const run = await modelbox(server, folder, ...args, "--json");
  if (run.exitCode !== 0)
    throw new Error(`modelbox ${args.join(" ")} ended with ${run.exitCode}: ${run.stderr}`);
  return JSON.parse(run.stdout) as T;
}
