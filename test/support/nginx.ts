import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";
import type { CertificateFiles } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { until, type TestServer } from "./server.ts";

/** An nginx of docs/deployment/nginx.conf, in front of servers of this machine. */
export interface Nginx extends AsyncDisposable {
  /** `https://localhost:…` */
  readonly httpAddr: string;
  /** `localhost:…`, which speaks native gRPC too. */
  readonly grpcAddr: string;
  /** What it had to complain about. */
  log(): string;
}

/** The servers that the file names, in its order. */
const hosts = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
/** Folders that would otherwise be the system's. */
const temporaryPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Starts it with that file, in which only addresses, ports and paths are replaced. */
export async function startNginx(
  servers: readonly Pick<TestServer, "httpAddr" | "grpcAddr">[],
  { cert, key }: CertificateFiles,
): Promise<Nginx> {
  const program = Bun.which("nginx", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` });
  if (program === null)
    throw new Error("nginx is not installed; run: apt-get install --no-install-recommends nginx");
  const folder = mkdtempSync(join(tmpdir(), "modelbox-nginx-"));
  // Its workers are somebody else when it is started by root.
  chmodSync(folder, 0o755);
  const port = await freePort();
  let text = readFileSync(join(root, "docs/deployment/nginx.conf"), "utf8");
  const replace = (from: string, to: string): void => {
    if (!text.includes(from)) throw new Error(`docs/deployment/nginx.conf has no "${from}"`);
    text = text.replaceAll(from, to);
  };
  for (const [index, server] of servers.entries()) {
    replace(`${hosts[index]}:8085`, new URL(server.httpAddr).host);
    replace(`${hosts[index]}:8086`, server.grpcAddr);
  }
  replace("listen 443 ", `listen 127.0.0.1:${port} `);
  replace("/etc/modelbox/tls/server.pem", cert);
  replace("/etc/modelbox/tls/server.key", key);
  writeFileSync(join(folder, "modelbox.conf"), text);
  writeFileSync(join(folder, "main.conf"), mainConfiguration(folder));
  const log = join(folder, "error.log");
  const child = Bun.spawn([program, "-p", folder, "-e", log, "-c", join(folder, "main.conf")], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const nginx: Nginx = {
    httpAddr: `https://localhost:${port}`,
    grpcAddr: `localhost:${port}`,
    log: () => readFileSync(log, "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await until("nginx to answer", async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: ${nginx.log()}`);
      const answer = await fetch(`${nginx.httpAddr}/healthz`, { tls: { rejectUnauthorized: false } }).catch(
        () => undefined,
      );
      return answer?.ok === true ? true : undefined;
    });
    return nginx;
  } catch (error) {
    await nginx[Symbol.asyncDispose]();
    throw error;
  }
}

/** What Debian's nginx.conf has around the files that it includes. */
function mainConfiguration(folder: string): string {
  const paths = temporaryPaths.map((name) => {
    mkdirSync(join(folder, name));
    return `${name}_temp_path ${join(folder, name)};`;
  });
  return [
    "daemon off;",
    "worker_processes 2;",
    `pid ${join(folder, "nginx.pid")};`,
    `error_log ${join(folder, "error.log")};`,
    "events { worker_connections 512; }",
    "http {",
    `access_log ${join(folder, "access.log")};`,
    ...paths,
    `include ${join(folder, "modelbox.conf")};`,
    "}",
    "",
  ].join("\n");
}
