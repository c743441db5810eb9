import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, type CertificateFiles } from "../../test/support/certificates.ts";
import { temporaryFolder } from "../../test/support/server.ts";
import { ConfigError } from "./config-error.ts";
import { readClientTls, readTlsFiles, type TlsPaths } from "./tls-files.ts";

const folder = temporaryFolder();
const names = { cert: "tls.cert_file", key: "tls.key_file", ca: "tls.client_ca_file" };
let good: CertificateFiles;
let other: CertificateFiles;
let expired: CertificateFiles;
let ca: string;

beforeAll(() => {
  const authority = createAuthority(folder.path);
  ca = authority.cert;
  good = authority.issue("server");
  other = authority.issue("other");
  expired = authority.issue("expired", { days: -1 });
});
afterAll(() => folder[Symbol.dispose]());

function write(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(paths: Partial<TlsPaths>): readonly string[] {
  try {
    readTlsFiles({ certFile: good.cert, keyFile: good.key, caFile: undefined, ...paths }, names);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("files that fit are read", () => {
  const {
    cert,
    key,
    ca: authorities,
  } = readTlsFiles({ certFile: good.cert, keyFile: good.key, caFile: ca }, names);
  expect(cert).toContain("BEGIN CERTIFICATE");
  expect(key).toContain("KEY");
  expect(authorities).toContain("BEGIN CERTIFICATE");
});

test("a file that is not there, a folder, or one without PEM is named, with its key and what to do", () => {
  const absent = join(folder.path, "absent.pem");
  expect(problemsOf({ certFile: absent })).toEqual([
    `tls.cert_file: ${absent} does not exist; name a PEM file.`,
  ]);
  expect(problemsOf({ keyFile: folder.path })).toEqual([
    `tls.key_file: ${folder.path} is a folder; name a PEM file.`,
  ]);
  const text = write("text.pem", "no certificate\n");
  expect(problemsOf({ caFile: text })).toEqual([
    `tls.client_ca_file: ${text} has no certificate; give a PEM file.`,
  ]);
  expect(problemsOf({ keyFile: text })).toEqual([
    `tls.key_file: ${text} has no private key; give a PEM file.`,
  ]);
  const broken = write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  expect(problemsOf({ certFile: broken })[0]).toContain("can't be understood");
});

test("a key of another certificate, and one with a passphrase, are refused", () => {
  expect(problemsOf({ keyFile: other.key })).toEqual([
    `tls.key_file: ${other.key} is not the key of the certificate in ${good.cert}; give the two that belong together.`,
  ]);
  const sealed = join(folder.path, "sealed.key");
  const { exitCode } = Bun.spawnSync(
    ["openssl", "pkcs8", "-topk8", "-in", good.key, "-out", sealed, "-passout", "pass:secret"],
    { cwd: folder.path },
  );
  expect(exitCode).toBe(0);
  expect(problemsOf({ keyFile: sealed })[0]).toContain("is protected by a passphrase");
});

test("a certificate that has expired is refused, with the day", () => {
  const [problem] = problemsOf({ certFile: expired.cert, keyFile: expired.key });
  expect(problem).toMatch(
    /^tls\.cert_file: .*expired\.pem has a certificate that expired on \d{4}-\d\d-\d\d/,
  );
});

test("a file that this user may not read is named", () => {
  chmodSync(folder.path, 0o755);
  const closed = write("closed.pem", "x");
  chmodSync(closed, 0o000);
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.("nobody");
  try {
    expect(problemsOf({ caFile: closed })[0]).toContain("may not be read by this user");
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
});

test("a client needs only what its server wants", () => {
  const config = { certFile: undefined, keyFile: undefined, caFile: undefined };
  expect(readClientTls(config)).toBeUndefined();
  expect(readClientTls({ ...config, caFile: ca })).toMatchObject({ cert: undefined, key: undefined });
  expect(() => readClientTls({ ...config, caFile: "/absent" })).toThrow("ca_file: /absent does not exist");
});
