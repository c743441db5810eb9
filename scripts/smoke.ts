/** Runs a built executable in an empty folder with an empty environment, as on a machine that has nothing else. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Under emulation a start takes seconds. */
const readyTimeoutMs = 60_000;
const pollIntervalMs = 20;

/** Starts `modelbox --version` and a server, which must become ready and end cleanly; throws what went wrong. */
export async function smoke(command: readonly string[], env: Record<string, string>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "modelbox-smoke-"));
  try {
    const version = Bun.spawnSync([...command, "--version"], { cwd: folder, env });
    const line = version.stdout.toString();
    if (version.exitCode !== 0 || !line.startsWith("modelbox ")) {
      throw new Error(`--version ended with ${version.exitCode}: ${line}${version.stderr.toString()}`);
    }
    await startServer(command, env, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startServer(command: readonly string[], env: Record<string, string>, folder: string) {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const server = Bun.spawn([...command, "server", "start"], {
    cwd: folder,
    env: {
      ...env,
      MODELBOX_LISTEN_ADDR: `127.0.0.1:${port}`,
      MODELBOX_GRPC_LISTEN_ADDR: `127.0.0.1:${grpcPort}`,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const log = new Response(server.stderr).text();
  try {
    const deadline = Date.now() + readyTimeoutMs;
    while (!(await isReady(port))) {
      if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}: ${await log}`);
      if (Date.now() > deadline) throw new Error(`the server was not ready after ${readyTimeoutMs} ms`);
      await Bun.sleep(pollIntervalMs);
    }
    server.kill("SIGTERM");
    const status = await server.exited;
    if (status !== 0) throw new Error(`the server ended with ${status} after SIGTERM: ${await log}`);
  } finally {
    server.kill("SIGKILL");
    await server.exited;
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
