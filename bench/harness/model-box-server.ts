import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "./bench.ts";
import { answers, freePort, startService, type Service } from "./processes.ts";
import { processorMsOf } from "./processor-time.ts";

/** A server of the measured executable, on embedded storage and loopback. */
export interface ModelBoxServer extends AsyncDisposable {
  readonly pid: number;
  /** Connect, files, health: `http://127.0.0.1:…`. */
  readonly httpAddr: string;
  /** Native gRPC: `127.0.0.1:…`. */
  readonly grpcAddr: string;
  /** From the start of the process until it said that it was ready. */
  readonly readyMs: number;
  /** What the system says about its memory now, in bytes. */
  memory(): Memory;
  /** Processor time that it has taken so far, in steps of 10 ms. */
  processorMs(): number;
}

/** Memory of a process: `peak` and `now` are its resident set, `anonymous` what is not backed by files. */
export interface Memory {
  readonly peak: number;
  readonly now: number;
  readonly anonymous: number;
}

/** Starts a server with its data in `folder`, and waits until it is ready. `env` replaces what its configuration says. */
export async function startModelBox(
  context: BenchContext,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ModelBoxServer> {
  await mkdir(folder, { recursive: true });
  const [httpPort, grpcPort] = await Promise.all([freePort(), freePort()]);
  const httpAddr = `http://127.0.0.1:${httpPort}`;
  const grpcAddr = `127.0.0.1:${grpcPort}`;
  const configPath = join(folder, "modelbox.toml");
  await writeFile(configPath, configuration(httpPort, grpcPort, folder));
  const startedAt = performance.now();
  const service = startService(
    [context.executable, "server", "start", "--config-path", configPath],
    join(folder, "server.log"),
    { cwd: folder, env },
  );
  try {
    await service.until("the server to be ready", () => answers(`${httpAddr}/readyz`));
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return {
    pid: service.pid,
    httpAddr,
    grpcAddr,
    readyMs: performance.now() - startedAt,
    memory: () => memoryOf(service),
    processorMs: () => processorMsOf(service.pid),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** As an operator would run it, the log line of every call included. */
function configuration(httpPort: number, grpcPort: number, folder: string): string {
  return [
    `listen_addr = "127.0.0.1:${httpPort}"`,
    `grpc_listen_addr = "127.0.0.1:${grpcPort}"`,
    "[metadata_storage_integrated]",
    `path = ${JSON.stringify(join(folder, "metadata.db"))}`,
    "[blob_storage_filesystem]",
    `base_dir = ${JSON.stringify(join(folder, "blobs"))}`,
    "",
  ].join("\n");
}

function memoryOf({ pid }: Service): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
  return { peak: field("VmHWM"), now: field("VmRSS"), anonymous: field("RssAnon") };
}

/** Environment of the command line for this server: no other configuration reaches it. */
export function clientEnvironment(server: ModelBoxServer, folder: string): Record<string, string> {
  return { MODELBOX_SERVER_ADDR: server.httpAddr, XDG_CONFIG_HOME: join(folder, "no-config"), NO_COLOR: "1" };
}
