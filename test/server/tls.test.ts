import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, Metadata, credentials, status, type ChannelCredentials } from "@grpc/grpc-js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, type CertificateFiles } from "../support/certificates.ts";
import { pythonWithGrpc } from "../support/python.ts";
import { modelboxWith, startServer, temporaryFolder, type Run, type TestServer } from "../support/server.ts";
import { makeToken } from "../support/tokens.ts";

const folder = temporaryFolder();
const python = pythonWithGrpc();
if ("missing" in python) console.warn(`Python's gRPC client is not tested over TLS: ${python.missing}`);

let ca: string;
let own: CertificateFiles;
let client: CertificateFiles;
let stranger: CertificateFiles;
let token: string;
/** Speaks TLS, and wants a token. */
let server: TestServer;
/** Speaks TLS, and wants a certificate of its clients. */
let strict: TestServer;

beforeAll(async () => {
  const authority = createAuthority(folder.path);
  ca = authority.cert;
  own = authority.issue("server");
  client = authority.issue("client");
  stranger = createAuthority(folder.path, "unknown").issue("stranger");
  const files = { MODELBOX_TLS_CERT_FILE: own.cert, MODELBOX_TLS_KEY_FILE: own.key };
  token = (await makeToken(folder.path, "ada")).text;
  server = await startServer(folder.path, { ...files, MODELBOX_AUTH: "token" }, { ca: read(ca) });
  strict = await startServer(
    join(folder.path, "strict"),
    { ...files, MODELBOX_TLS_CLIENT_CA_FILE: ca },
    { ca: read(ca), cert: read(client.cert), key: read(client.key) },
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await strict[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function read(path: string): string {
  return readFileSync(path, "utf8");
}

function curl(...args: string[]): { readonly stdout: string; readonly exitCode: number } {
  const { stdout, exitCode } = Bun.spawnSync(["curl", "--silent", "--max-time", "20", ...args]);
  return { stdout: stdout.toString(), exitCode };
}

function modelbox(serverAddr: string, env: Record<string, string>, ...args: string[]): Promise<Run> {
  return modelboxWith({ MODELBOX_SERVER_ADDR: serverAddr, ...env }, folder.path, "client", ...args);
}

describe("curl", () => {
  test.each(["1.1", "2"])("speaks HTTP/%s over TLS", (version) => {
    const { stdout } = curl(
      `--http${version}`,
      "--cacert",
      ca,
      "-w",
      "%{http_version}",
      `${server.httpAddr}/healthz`,
    );
    expect(stdout).toBe(`ok\n${version}`);
  });

  test("sends the token in a header", () => {
    const url = `${server.httpAddr}/metrics`;
    expect(curl("--cacert", ca, url).stdout).toContain("unauthenticated");
    const { stdout } = curl("--cacert", ca, "-H", `Authorization: Bearer ${token}`, url);
    expect(stdout).toContain("modelbox_requests_total");
  });

  test("is let in with a certificate alone, where one is wanted", () => {
    const url = `${strict.httpAddr}/healthz`;
    const certificate = ({ cert, key }: CertificateFiles): string[] => ["--cert", cert, "--key", key];
    expect(curl("--cacert", ca, url)).toMatchObject({ stdout: "" });
    expect(curl("--cacert", ca, ...certificate(stranger), url)).toMatchObject({ stdout: "" });
    expect(curl("--cacert", ca, ...certificate(client), url)).toEqual({ stdout: "ok\n", exitCode: 0 });
  });
});

describe("gRPC", () => {
  test("@grpc/grpc-js calls over TLS, with a token or a certificate", async () => {
    const roots = readFileSync(ca);
    const withToken = credentials.combineChannelCredentials(
      credentials.createSsl(roots),
      credentials.createFromMetadataGenerator((_, callback) => {
        const metadata = new Metadata();
        metadata.set("authorization", `Bearer ${token}`);
        callback(null, metadata);
      }),
    );
    expect(await listProjects(server.grpcAddr, withToken)).toBe("ok");
    expect(await listProjects(server.grpcAddr, credentials.createSsl(roots))).toContain("UNAUTHENTICATED");
    const mutual = credentials.createSsl(roots, readFileSync(client.key), readFileSync(client.cert));
    expect(await listProjects(strict.grpcAddr, mutual)).toBe("ok");
    expect(await listProjects(strict.grpcAddr, credentials.createSsl(roots))).toContain("UNAVAILABLE");
  });

  test.skipIf("missing" in python)("Python's grpcio calls over TLS, with a token or a certificate", () => {
    if ("missing" in python) return;
    const script = join(import.meta.dir, "python-tls-client.py");
    const args = [server.grpcAddr, strict.grpcAddr, ca, token, client.cert, client.key];
    const { stdout, stderr, exitCode } = Bun.spawnSync([python.python, script, ...args]);
    expect({ stdout: stdout.toString(), exitCode, stderr: stderr.toString() }).toMatchObject({
      stdout: "token ok\nno token ok\ncertificate ok\n",
      exitCode: 0,
    });
  });
});

describe("the command line", () => {
  test("calls and moves files over TLS", async () => {
    const env = { MODELBOX_CA_FILE: ca, MODELBOX_TOKEN: token };
    const run = async (...args: string[]) => {
      const { stderr, exitCode } = await modelbox(server.httpAddr, env, ...args);
      expect({ args, stderr: exitCode === 0 ? "" : stderr, exitCode }).toEqual({
        args,
        stderr: "",
        exitCode: 0,
      });
    };
    await run("projects", "create", "--name", "langtech");
    await run("experiments", "create", "--project", "langtech", "--name", "e");
    await run("checkpoints", "create", "--experiment", "langtech/e", "--step", "1", own.cert);
    await run("checkpoints", "download", "langtech/e/latest", "--output", "got");
    expect(read(join(folder.path, "got/server.pem"))).toBe(read(own.cert));
    const mutual = { MODELBOX_CA_FILE: ca, MODELBOX_CERT_FILE: client.cert, MODELBOX_KEY_FILE: client.key };
    expect((await modelbox(strict.httpAddr, mutual, "projects", "list")).exitCode).toBe(0);
  });

  test("says what is wrong with a connection, and what to set", async () => {
    using empty = temporaryFolder();
    await using plain = await startServer(empty.path);
    const trusting = { MODELBOX_CA_FILE: ca };
    const cases: readonly (readonly [string, Record<string, string>, number, RegExp])[] = [
      [server.httpAddr, {}, 6, /signed by nobody whom this machine trusts; set ca_file/],
      [
        server.httpAddr.replace("https:", "http:"),
        {},
        6,
        /if the server speaks TLS, write server_addr with https/,
      ],
      [
        plain.httpAddr.replace("http:", "https:"),
        trusting,
        6,
        /doesn't speak TLS.*http:\/\/ instead of https/,
      ],
      [strict.httpAddr, trusting, 6, /set cert_file and key_file if the server wants a certificate/],
      [server.httpAddr, { MODELBOX_CA_FILE: "/absent.pem" }, 5, /ca_file: \/absent\.pem does not exist/],
      [server.httpAddr, { ...trusting, MODELBOX_CERT_FILE: client.cert }, 5, /belong together/],
      [
        server.httpAddr,
        { ...trusting, MODELBOX_CERT_FILE: client.cert, MODELBOX_KEY_FILE: own.key },
        5,
        /key_file: .*is not the key of the certificate/,
      ],
    ];
    for (const [address, env, exitCode, message] of cases) {
      const run = await modelbox(address, env, "projects", "list");
      expect({ address, exitCode: run.exitCode }).toEqual({ address, exitCode });
      expect(run.stderr).toMatch(message);
    }
  });

  test("starts no server with files that don't fit", async () => {
    const env = { MODELBOX_LISTEN_ADDR: "127.0.0.1:0", MODELBOX_GRPC_LISTEN_ADDR: "" };
    const start = (more: Record<string, string>) =>
      modelboxWith({ ...env, ...more }, folder.path, "server", "start");
    const alone = await start({ MODELBOX_TLS_CERT_FILE: own.cert });
    expect(alone).toMatchObject({ exitCode: 5, stdout: "" });
    expect(alone.stderr).toContain("tls.cert_file needs tls.key_file beside it");
    const mixed = await start({ MODELBOX_TLS_CERT_FILE: own.cert, MODELBOX_TLS_KEY_FILE: client.key });
    expect(mixed).toMatchObject({ exitCode: 5, stdout: "" });
    expect(mixed.stderr).toContain(
      `tls.key_file: ${client.key} is not the key of the certificate in ${own.cert}`,
    );
  });
});

/** "ok", or the name of the status that the call ended with. */
function listProjects(address: string, channel: ChannelCredentials): Promise<string> {
  // Bun refuses an IP address as the name of a server, which Node.js leaves out.
  const grpc = new Client(address, channel, { "grpc.ssl_target_name_override": "localhost" });
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    grpc.makeUnaryRequest(
      "/modelbox.v1.NamespaceService/ListNamespaces",
      same,
      same,
      Buffer.alloc(0),
      { deadline: Date.now() + 20_000 },
      (error) => {
        grpc.close();
        resolve(error === null ? "ok" : (status[error.code] ?? String(error.code)));
      },
    );
  });
}
