import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { ConfigError } from "./config-error.ts";

/** What TLS is spoken with, as PEM. */
export interface TlsMaterial {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Who may vouch for the other side; undefined: the system's authorities, or nobody where there need be none. */
  readonly ca: string | undefined;
}

/** Keys of the configuration, for messages. */
export interface TlsNames {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface TlsPaths {
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly caFile: string | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Reads the files, and throws ConfigError unless they can be used now. */
export function readTlsFiles({ certFile, keyFile, caFile }: TlsPaths, names: TlsNames): TlsMaterial {
  const problems: string[] = [];
  const note = (name: string, path: string, problem: string): void =>
    void problems.push(`${name}: ${path} ${problem}.`);
  const cert = certFile && read(names.cert, certFile, note);
  const key = keyFile && read(names.key, keyFile, note);
  const ca = caFile && read(names.ca, caFile, note);
  const own = certFile && cert && certificates(names.cert, certFile, cert, note)[0];
  const ownKey = keyFile && key && privateKey(names.key, keyFile, key, note);
  if (own && ownKey && !own.checkPrivateKey(ownKey))
    note(
      names.key,
      keyFile,
      `is not the key of the certificate in ${certFile}; give the two that belong together`,
    );
  if (caFile && ca) certificates(names.ca, caFile, ca, note);
  if (problems.length > 0) throw new ConfigError(problems);
  return { cert: cert || undefined, key: key || undefined, ca: ca || undefined };
}

type Note = (name: string, path: string, problem: string) => void;

function read(name: string, path: string, note: Note): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const problem = {
      ENOENT: "does not exist",
      EACCES: "may not be read by this user",
      EISDIR: "is a folder",
    };
    note(
      name,
      path,
      `${problem[code as keyof typeof problem] ?? `can't be read (${code})`}; name a PEM file`,
    );
    return undefined;
  }
}

/** The certificates of a file, which must all be valid now. */
function certificates(name: string, path: string, pem: string, note: Note): readonly X509Certificate[] {
  const found: X509Certificate[] = [];
  for (const [block] of pem.matchAll(CERTIFICATE)) {
    try {
      found.push(new X509Certificate(block));
    } catch {
      note(name, path, "has a certificate that can't be understood; write it anew");
    }
  }
  if (pem.search(CERTIFICATE) === -1) note(name, path, "has no certificate; give a PEM file");
  const now = Date.now();
  for (const certificate of found) {
    const subject = certificate.subject.replaceAll("\n", ", ");
    if (Date.parse(certificate.validTo) < now)
      note(
        name,
        path,
        `has a certificate that expired on ${day(certificate.validTo)} (${subject}); renew it`,
      );
    if (Date.parse(certificate.validFrom) > now)
      note(
        name,
        path,
        `has a certificate that is valid only from ${day(certificate.validFrom)} on (${subject})`,
      );
  }
  return found;
}

function privateKey(name: string, path: string, pem: string, note: Note): KeyObject | undefined {
  if (pem.includes("ENCRYPTED")) {
    note(
      name,
      path,
      "is protected by a passphrase; store the key without one, readable by the server's user alone",
    );
    return undefined;
  }
  try {
    return createPrivateKey(pem);
  } catch {
    note(name, path, "has no private key; give a PEM file");
    return undefined;
  }
}

function day(time: string): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** What the command line's configuration names, or undefined when it names nothing. Throws ConfigError. */
export function readClientTls({ certFile, keyFile, caFile }: TlsPaths): TlsMaterial | undefined {
  if (certFile === undefined && caFile === undefined) return undefined;
  const names = { cert: "cert_file", key: "key_file", ca: "ca_file" };
  return readTlsFiles({ certFile, keyFile, caFile }, names);
}
