import { isIPv4 } from "node:net";
import { z } from "zod";
import {
  baseUrls,
  choice,
  choices,
  flag,
  formatAddress,
  integer,
  listenAddress,
  optionalBaseUrl,
  optionalListenAddress,
  fileOrNone,
  optionalPath,
  path,
  secret,
  text,
} from "./fields.ts";
import { s3Problems, s3Schema } from "./s3-schema.ts";
import type { ConfigOf, FileSpec } from "./spec.ts";

const MAX_DRAIN_SECONDS = 3600;
const MAX_ENCODING_WORKERS = 16;
const MAX_PORT = 65_535;
const MAX_PERIOD_DAYS = 3650;
const MAX_SCRUB_MIB = 10_000;
const MAX_INTERVAL_MINUTES = 31 * 24 * 60;
const MAX_GRACE_MINUTES = 366 * 24 * 60;

/** The server's file. Its defaults are what runs without any file. */
export const serverSpec = {
  title: "Configuration of the ModelBox server.",
  top: z.object({
    listen_addr: listenAddress(
      "Clients connect here: Connect, gRPC-Web, files, health, metrics. Port 0 lets the system choose.",
      "127.0.0.1:8085",
    ),
    grpc_listen_addr: optionalListenAddress(
      'Native gRPC clients connect here; "" turns native gRPC off.',
      "127.0.0.1:8086",
    ),
    auth: choice(
      "Who may call: none asks nobody who they are; token wants a token with every call, made by\n`modelbox server tokens create`. Health probes need none.",
      "none",
      ["none", "token"],
    ),
    insecure: flag(
      "Without tokens or client certificates anybody who reaches the addresses above may read and change\neverything. Listening beyond this machine is then refused unless this is true; set it only where the\nnetwork itself keeps others out.",
      false,
    ),
    read_only: flag(
      "Answers what reads, and refuses what would change anything, for example while the data is copied.",
      false,
    ),
    public_blob_addrs: baseUrls(
      'Base addresses under which clients reach the file routes, when they differ from where clients make calls:\nthose of all servers with roles = ["blob"]. Clients spread transfers over them.',
    ),
    public_grpc_addr: text(
      "host:port that clients are told for native gRPC, when it differs from grpc_listen_addr.",
      "",
    ),
    public_server_addr: optionalBaseUrl(
      'Where clients make calls; a server with roles = ["blob"] names it to those who come to it with one.',
    ),
    roles: choices(
      "What this process does: metadata answers calls, blob moves the bytes of files. Servers with one role alone\nshare a database (mysql or postgres) and a bucket (s3).",
      ["metadata", "blob"],
      ["metadata", "blob"],
    ),
    metadata_storage: choice(
      "Where metadata is kept: integrated (SQLite), mysql or postgres.",
      "integrated",
      ["integrated", "mysql", "postgres"],
    ),
    blob_storage: choice("Where the bytes of files are kept: filesystem or s3.", "filesystem", [
      "filesystem",
      "s3",
    ]),
    blob_transfer: choice(
      "How bytes go between clients and the store: proxy moves them through the server; direct, with s3, lets\nclients that reach the store move whole chunks themselves, by addresses that live for minutes.",
      "proxy",
      ["proxy", "direct"],
    ),
    drain_timeout_seconds: integer(
      "How long running calls and transfers may go on after SIGTERM before they are cut off.",
      30,
      0,
      MAX_DRAIN_SECONDS,
    ),
  }),
  sections: {
    tls: {
      comment: "TLS on both addresses above, with files in PEM form; used anew when they change.",
      schema: z.object({
        cert_file: fileOrNone("The certificate, with those between it and its authority behind it."),
        key_file: fileOrNone("Its private key."),
        client_ca_file: fileOrNone(
          "Authorities that sign the certificates of clients: then nobody connects without one.",
        ),
      }),
    },
    log: {
      comment: "Log lines go to standard error.",
      schema: z.object({
        level: choice("debug, info, warn or error.", "info", ["debug", "info", "warn", "error"]),
        format: choice("json, pretty, or auto: pretty on a terminal and json elsewhere.", "auto", [
          "auto",
          "json",
          "pretty",
        ]),
      }),
    },
    collection: {
      comment: "Stored bytes that nothing uses any more are removed in the background.",
      schema: z.object({
        enabled: flag("Without it only `modelbox server gc` removes them.", true),
        interval_minutes: integer(
          "How often all chunks are looked at, by one of the servers on a database.",
          360,
          1,
          MAX_INTERVAL_MINUTES,
        ),
        grace_minutes: integer(
          "How old unused chunks are at least; they are used while an upload that sent them may be resumed.",
          60,
          0,
          MAX_GRACE_MINUTES,
        ),
      }),
    },
    scrub: {
      comment:
        "All stored bytes are read and compared with their digests now and then, to find damage early.",
      schema: z.object({
        enabled: flag("Without it only `modelbox server fsck --read-data` reads everything.", true),
        period_days: integer("How often, by one of the servers on a database.", 30, 1, MAX_PERIOD_DAYS),
        max_mib_per_second: integer(
          "How fast at most; it also steps aside for uploads and downloads.",
          20,
          1,
          MAX_SCRUB_MIB,
        ),
      }),
    },
    encoding: {
      comment: "Stored bytes are made smaller in the background; whoever reads them gets the same bytes.",
      schema: z.object({
        enabled: flag("Without it bytes stay as they are: those already encoded, too, can be read.", true),
        workers: integer(
          "Threads of one server at a time; each takes about 50 MiB of memory.",
          1,
          1,
          MAX_ENCODING_WORKERS,
        ),
        cpu_percent: integer("How much of the time each of them works; it rests for the others.", 50, 1, 100),
        rest_minutes: integer(
          "How long a checkpoint stays as it came: a next one saves half of the work, and who goes on from it reads it fast.",
          10,
          0,
          1_440,
        ),
      }),
    },
    metadata_storage_integrated: {
      comment: 'For metadata_storage = "integrated".',
      schema: z.object({ path: path("The database file.", "./modelbox-data/metadata.db") }),
    },
    metadata_storage_mysql: {
      comment: 'For metadata_storage = "mysql".',
      choice: { key: "metadata_storage", value: "mysql" },
      schema: databaseSchema(3306),
    },
    metadata_storage_postgres: {
      comment: 'For metadata_storage = "postgres".',
      choice: { key: "metadata_storage", value: "postgres" },
      schema: databaseSchema(5432),
    },
    blob_storage_filesystem: {
      comment: 'For blob_storage = "filesystem".',
      schema: z.object({ base_dir: path("The folder.", "./modelbox-data/blobs") }),
    },
    blob_storage_s3: {
      comment: 'For blob_storage = "s3".',
      choice: { key: "blob_storage", value: "s3" },
      schema: s3Schema(),
    },
  },
} as const satisfies FileSpec;

/** The server's configuration, checked and with all defaults; paths are absolute. */
export type ServerConfig = ConfigOf<typeof serverSpec>;

function databaseSchema(port: number) {
  return z.object({
    host: text("A name or an address.", "127.0.0.1"),
    port: integer("", port, 1, MAX_PORT),
    username: text("It needs all rights on the database, the schema of which it makes.", "modelbox"),
    password: secret("Or password_file, with the path of a file that holds it."),
    dbname: text("The database, which must be there.", "modelbox"),
    tls: choice(
      "off, on (encrypted, whoever answers) or verify (the server's certificate and name are checked).",
      "off",
      ["off", "on", "verify"],
    ),
    tls_ca_file: optionalPath("PEM file of the authorities to trust; by default those of the system."),
    tls_cert_file: optionalPath(
      "PEM files of a client certificate and its key, where the database asks for one.",
    ),
    tls_key_file: optionalPath(""),
    pool_size: integer(
      "Connections at most. All servers together must stay below the database's limit.",
      16,
      1,
      1000,
    ),
  });
}

/** What is wrong with the settings of a database, each of which is fine for itself. */
function databaseProblems(config: ServerConfig): readonly string[] {
  const chosen = {
    mysql: ["metadata_storage_mysql", config.metadataStorageMysql],
    postgres: ["metadata_storage_postgres", config.metadataStoragePostgres],
  } as const;
  if (config.metadataStorage === "integrated") return [];
  const [section, settings] = chosen[config.metadataStorage];
  if (settings === undefined) return [];
  const problems: string[] = [];
  const files = {
    tls_ca_file: settings.tlsCaFile,
    tls_cert_file: settings.tlsCertFile,
    tls_key_file: settings.tlsKeyFile,
  };
  const set = Object.entries(files).filter(([, path]) => path !== "");
  if (settings.tls === "off" && set.length > 0) {
    problems.push(
      `${section}.${set[0]?.[0]} is set, but ${section}.tls is "off"; set it to "verify", or leave the file out.`,
    );
  }
  if ((settings.tlsCertFile === "") !== (settings.tlsKeyFile === "")) {
    problems.push(`${section}.tls_cert_file and ${section}.tls_key_file belong together; set both or none.`);
  }
  return problems;
}

/** What is wrong with values that are fine each for itself. */
export function serverProblems(config: ServerConfig): readonly string[] {
  const problems: string[] = [
    ...s3Problems(config.blobStorageS3),
    ...databaseProblems(config),
    ...rolesProblems(config),
    ...transferProblems(config),
  ];
  const { listenAddr, grpcListenAddr } = config;
  problems.push(...tlsProblems(config));
  for (const [key, address] of [
    ["listen_addr", listenAddr],
    ["grpc_listen_addr", grpcListenAddr],
  ] as const) {
    if (address === undefined || config.insecure || knowsItsCallers(config) || isLoopback(address.host))
      continue;
    problems.push(
      `${key} = "${formatAddress(address)}" would let everybody who reaches it read and change everything: ` +
        'listen on 127.0.0.1, set auth = "token", or set insecure = true where the network itself keeps others out.',
    );
  }
  const same =
    grpcListenAddr && listenAddr.port === grpcListenAddr.port && listenAddr.host === grpcListenAddr.host;
  if (same && listenAddr.port !== 0) {
    problems.push(
      `listen_addr and grpc_listen_addr are both "${formatAddress(listenAddr)}"; give them different ports.`,
    );
  }
  return problems;
}

/** A server with one role is one of several, which must share what they keep. */
function rolesProblems({
  roles,
  metadataStorage,
  blobStorage,
  publicBlobAddrs,
}: ServerConfig): readonly string[] {
  const [role, other] = roles;
  if (role === undefined || other !== undefined) return [];
  const setting = `roles = ["${role}"]`;
  const problems: string[] = [];
  if (metadataStorage === "integrated") {
    problems.push(
      `${setting} needs metadata_storage = "mysql" or "postgres": one server alone owns the integrated database; set that, or roles = ["metadata", "blob"].`,
    );
  }
  if (blobStorage === "filesystem") {
    problems.push(
      `${setting} needs blob_storage = "s3": one server alone owns a folder; set that, or roles = ["metadata", "blob"].`,
    );
  }
  if (role === "metadata" && publicBlobAddrs.length === 0) {
    problems.push(
      `${setting} needs public_blob_addrs, with the addresses of the servers that have roles = ["blob"]: clients learn from it where files go.`,
    );
  }
  return problems;
}

function transferProblems({ blobTransfer, blobStorage }: ServerConfig): readonly string[] {
  if (blobTransfer === "proxy" || blobStorage === "s3") return [];
  return ['blob_transfer = "direct" needs blob_storage = "s3"; set that, or blob_transfer = "proxy".'];
}

function tlsProblems({ tls }: ServerConfig): readonly string[] {
  const { certFile, keyFile, clientCaFile } = tls;
  const problems: string[] = [];
  if (certFile !== undefined && keyFile === undefined)
    problems.push("tls.cert_file needs tls.key_file beside it; set both.");
  if (certFile === undefined && keyFile !== undefined)
    problems.push("tls.key_file needs tls.cert_file beside it; set both.");
  if (clientCaFile !== undefined && certFile === undefined)
    problems.push("tls.client_ca_file needs tls.cert_file and tls.key_file; set them too.");
  return problems;
}

/** Whether the server lets in only those who can prove that they may come in. */
export function knowsItsCallers({ auth, tls }: ServerConfig): boolean {
  return auth === "token" || tls.clientCaFile !== undefined;
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
