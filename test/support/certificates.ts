import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its key, as files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is made with. */
export interface CertificateOptions {
  /** Default: `localhost` and 127.0.0.1. */
  readonly names?: string;
  /** How many days it is valid from now on; default 1; -1: it has expired. */
  readonly days?: number;
}

/** An authority of the tests' own, with its files in a folder. */
export interface Authority {
  /** Path of its certificate. */
  readonly cert: string;
  /** Makes a certificate that it signs. */
  issue(name: string, options?: CertificateOptions): CertificateFiles;
}

const DEFAULT_NAMES = "DNS:localhost,IP:127.0.0.1";

/** Makes an authority with openssl. */
export function createAuthority(folder: string, name = "authority"): Authority {
  const cert = join(folder, `${name}.pem`);
  const key = join(folder, `${name}.key`);
  openssl(folder, "req", "-x509", ...newKey(key), "-out", cert, "-days", "1", "-subj", `/CN=${name}`);
  return {
    cert,
    issue(subject, { names = DEFAULT_NAMES, days = 1 } = {}) {
      const path = (ending: string): string => join(folder, `${subject}.${ending}`);
      openssl(folder, "req", ...newKey(path("key")), "-out", path("csr"), "-subj", `/CN=${subject}`);
      writeFileSync(path("ext"), `subjectAltName=${names}\n`);
      const signing = ["-CA", cert, "-CAkey", key, "-extfile", path("ext"), "-days", String(days)];
      openssl(folder, "x509", "-req", "-in", path("csr"), "-out", path("pem"), ...signing);
      return { cert: path("pem"), key: path("key") };
    },
  };
}

function newKey(path: string): readonly string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path];
}

function openssl(cwd: string, ...args: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...args], { cwd });
  if (exitCode !== 0) throw new Error(`openssl ${args[0]} ended with ${exitCode}: ${stderr.toString()}`);
}
