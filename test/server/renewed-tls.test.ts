import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { createAuthority, type Authority, type CertificateFiles } from "../support/certificates.ts";
import { startServer, temporaryFolder, until, type TestServer } from "../support/server.ts";

const folder = temporaryFolder();
/** What the server's configuration names. */
const used = {
  cert: join(folder.path, "used.pem"),
  key: join(folder.path, "used.key"),
  ca: join(folder.path, "used-ca.pem"),
};

let first: Authority;
let second: Authority;
let oldClient: CertificateFiles;
let newClient: CertificateFiles;
let server: TestServer;

beforeAll(async () => {
  first = createAuthority(folder.path, "first");
  second = createAuthority(folder.path, "second");
  oldClient = first.issue("old-client");
  newClient = second.issue("new-client");
  const old = first.issue("old");
  copyFileSync(old.cert, used.cert);
  copyFileSync(old.key, used.key);
  copyFileSync(first.cert, used.ca);
  const env = {
    MODELBOX_TLS_CERT_FILE: used.cert,
    MODELBOX_TLS_KEY_FILE: used.key,
    MODELBOX_TLS_CLIENT_CA_FILE: used.ca,
  };
  server = await startServer(folder.path, env, {
    ca: read(first.cert),
    cert: read(oldClient.cert),
    key: read(oldClient.key),
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function read(path: string): string {
  return readFileSync(path, "utf8");
}

/** Name in the certificate that an address shows. */
function shownBy(address: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { hostname, port } = new URL(address);
  const socket = connect(
    {
      host: hostname,
      port: Number(port),
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      cert: read(newClient.cert),
      key: read(newClient.key),
    },
    () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    },
  );
  socket.on("error", reject);
  return promise;
}

function curl(ca: string, { cert, key }: CertificateFiles, ...args: string[]) {
  const options = ["--silent", "--cacert", ca, "--cert", cert, "--key", key];
  return Bun.spawn(["curl", ...options, ...args], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
}

/** What was connected but not yet taken in when the listener changed is reset; clients try again, and so does this. */
function duringChange(error: Error): undefined {
  if (!("code" in error) || error.code !== "ECONNRESET") throw error;
}

function listensWith(name: string): Promise<true> {
  return until(`both addresses to show ${name}`, async () => {
    const names = [
      await shownBy(server.httpAddr).catch(duringChange),
      await shownBy(`https://${server.grpcAddr}`),
    ];
    return names.every((one) => one === name) ? true : undefined;
  });
}

test("files that were replaced are used without a restart, and transfers go on", async () => {
  const big = join(folder.path, "big.bin");
  writeFileSync(big, Buffer.alloc(80_000_000, "bytes"));
  const oldCurl = (...args: string[]) => curl(first.cert, oldClient, ...args);
  const json = ["-H", "content-type: application/json", "-d", '{"name":"p"}'];
  const made = oldCurl(...json, `${server.httpAddr}/modelbox.v1.NamespaceService/CreateNamespace`);
  expect(await made.exited).toBe(0);
  const url = `${server.httpAddr}/v1/files?object=namespace:p&artifact=a&path=big.bin`;
  expect(await oldCurl("--fail", "-T", big, url).exited).toBe(0);
  const transfers = ["--http1.1", "--http2"].map((version) =>
    oldCurl(version, "--fail", "--limit-rate", "8M", "-o", join(folder.path, `got${version}`), url),
  );
  await until("transfers to begin", async () =>
    transfers.every((_, index) => {
      const got = Bun.file(join(folder.path, index === 0 ? "got--http1.1" : "got--http2"));
      return got.size > 0;
    })
      ? true
      : undefined,
  );

  const next = second.issue("next");
  copyFileSync(next.cert, used.cert);
  await until("half a renewal to be noticed", async () =>
    server.log().includes("is not the key of the certificate") ? true : undefined,
  );
  expect(await shownBy(server.httpAddr)).toBe("old");
  copyFileSync(next.key, used.key);
  copyFileSync(second.cert, used.ca);
  await listensWith("next");

  const probe = (who: CertificateFiles) => curl(second.cert, who, "--fail", `${server.httpAddr}/healthz`);
  expect(await probe(newClient).exited).toBe(0);
  expect(await probe(oldClient).exited).not.toBe(0);
  expect(await Promise.all(transfers.map((one) => one.exited))).toEqual([0, 0]);
  for (const version of ["--http1.1", "--http2"])
    expect(read(join(folder.path, `got${version}`)).length).toBe(80_000_000);
}, 90_000);
