import { readFileSync } from "node:fs";
import { failedPrecondition } from "../../../domain/errors.ts";

/** Where a database server is, and who asks. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname: string;
  /** "on" encrypts and trusts whoever answers; "verify" also checks the server's certificate and name. */
  readonly tls: "off" | "on" | "verify";
  /** PEM files; "" for none: then the system's authorities are trusted, and no client certificate is shown. */
  readonly tlsCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  /** Connections at most. */
  readonly poolSize: number;
}

/** For `tls.connect`; undefined when the connection is not encrypted. Throws DomainError "failed_precondition". */
export function tlsOptions(settings: DatabaseSettings) {
  if (settings.tls === "off") return undefined;
  const { tlsCaFile, tlsCertFile, tlsKeyFile } = settings;
  return {
    rejectUnauthorized: settings.tls === "verify",
    ...(tlsCaFile === "" ? {} : { ca: readPem(tlsCaFile, "tls_ca_file") }),
    ...(tlsCertFile === "" ? {} : { cert: readPem(tlsCertFile, "tls_cert_file") }),
    ...(tlsKeyFile === "" ? {} : { key: readPem(tlsKeyFile, "tls_key_file") }),
  };
}

function readPem(path: string, key: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw refused(key, `the file ${path} can't be read (${detail}).`);
  }
  if (!text.includes("-----BEGIN ")) throw refused(key, `the file ${path} holds no PEM.`);
  return text;
}

/** The settings don't fit the server; `key` names the one to look at. */
export function refused(key: string, message: string): Error {
  return failedPrecondition("DATABASE_SETTINGS", message, { key });
}
