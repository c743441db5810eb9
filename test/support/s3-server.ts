import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../tidy/tracked-files.ts";
import { freePort } from "./free-port.ts";
import { until } from "./server.ts";

/** docs/decisions/s3-server-for-tests.md says why this one. */
const program = "github.com/versity/versitygw/cmd/versitygw";
const version = "v1.8.0";

/** Building the server takes minutes where it was never built. */
export const S3_SERVER_LIMIT_MS = 15 * 60_000;

/** A real S3 server of this machine that keeps its objects in a temporary folder. Disposing ends it. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Where the objects of a bucket are, as files. */
  folderOf(bucket: string): string;
  /** Makes an empty bucket, and returns its name. */
  makeBucket(): string;
  /** Makes keys that have no right to any bucket. */
  makeUser(): Promise<{ readonly accessKey: string; readonly secretKey: string }>;
  readonly pid: number;
}

export interface S3ServerOptions {
  /** Files of a certificate and its key; without them the server speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Where its temporary folder is made; by default the system's place for them. */
  readonly folder?: string;
}

export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), "modelbox-s3-"));
  const buckets = join(folder, "buckets");
  const users = join(folder, "users");
  for (const made of [buckets, users]) mkdirSync(made);
  const port = await freePort();
  const accessKey = "test-access";
  const secretKey = crypto.randomUUID();
  const { tls } = options;
  const log = join(folder, "server.log");
  const child = Bun.spawn(
    [
      gateway(),
      "--port",
      `127.0.0.1:${port}`,
      "--health",
      "/health",
      "--keep-alive",
      "--quiet",
      "--iam-dir",
      users,
      ...(tls === undefined ? [] : ["--cert", tls.cert, "--key", tls.key]),
      "posix",
      buckets,
    ],
    {
      cwd: folder,
      env: { ROOT_ACCESS_KEY_ID: accessKey, ROOT_SECRET_ACCESS_KEY: secretKey },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(log),
    },
  );
  const endpoint = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const server: S3Server = {
    endpoint,
    host: "127.0.0.1",
    port,
    region: "us-east-1",
    accessKey,
    secretKey,
    folderOf: (bucket) => join(buckets, bucket),
    makeBucket() {
      const bucket = `test-${crypto.randomUUID()}`;
      mkdirSync(join(buckets, bucket));
      return bucket;
    },
    async makeUser() {
      const user = { accessKey: `user-${crypto.randomUUID()}`, secretKey: crypto.randomUUID() };
      const admin = ["admin", "--access", accessKey, "--secret", secretKey, "--endpoint-url", endpoint];
      const create = [
        "create-user",
        "--access",
        user.accessKey,
        "--secret",
        user.secretKey,
        "--role",
        "user",
      ];
      const making = Bun.spawn([gateway(), ...admin, ...create], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      if ((await making.exited) !== 0) throw new Error(await new Response(making.stderr).text());
      return user;
    },
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await until("S3 server to answer", async () => {
      if (child.exitCode !== null) {
        throw new Error(`the S3 server ended with ${child.exitCode}: ${readFileSync(log, "utf8")}`);
      }
      const answer = await fetch(`${endpoint}/health`, { tls: { rejectUnauthorized: false } }).catch(
        () => undefined,
      );
      return answer?.ok === true ? true : undefined;
    });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** The server's program, built once into .tools/. */
function gateway(): string {
  const folder = join(root, `.tools/versitygw-${version}`);
  const path = join(folder, "versitygw");
  if (existsSync(path)) return path;
  const part = `${folder}.${process.pid}`;
  const command = ["go", "install", "-trimpath", "-ldflags=-s -w", `${program}@${version}`];
  const byHand = `GOBIN=${folder} go install ${program}@${version}`;
  if (Bun.which("go") === null) {
    throw new Error(
      `The tests of S3 need a server that is built with Go (1.25 or newer): install Go, or run \`${byHand}\` where it is.`,
    );
  }
  console.error(`building the S3 server of the tests (${program} ${version}); this takes minutes, once`);
  const { exitCode, stderr } = Bun.spawnSync(command, {
    env: { ...process.env, GOBIN: part },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if (exitCode !== 0) {
    rmSync(part, { recursive: true, force: true });
    throw new Error(`\`${byHand}\` failed: ${stderr.toString().trim().split("\n").at(-1) ?? ""}`);
  }
  // Renamed when whole; whoever comes second finds the first one's and drops its own.
  if (!existsSync(path)) renameSync(part, folder);
  rmSync(part, { recursive: true, force: true });
  return path;
}
