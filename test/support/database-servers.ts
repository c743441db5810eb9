import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSettings } from "../../src/metadata/index.ts";
import { runServer } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

export type DatabaseKind = "mysql" | "postgres";

const startLimitMs = 60_000;
export const databasePassword = "correct horse";
/** Debian keeps the programs of each version of PostgreSQL in a folder of its own, the newest of which is used. */
const postgresFolders = "/usr/lib/postgresql/*/bin";

/** A MariaDB or PostgreSQL that is started for tests, on a port of its own. */
export interface DatabaseServer extends AsyncDisposable {
  readonly kind: DatabaseKind;
  readonly port: number;
  /** The certificate that it shows; trusting it is enough. */
  readonly caFile: string;
  /** Settings of a new, empty database. */
  newDatabase(): Promise<DatabaseSettings>;
  /** Settings of a database that is there. */
  settingsOf(dbname: string): DatabaseSettings;
  dropDatabase(dbname: string): Promise<void>;
  /** Runs SQL as the administrator. */
  administer(sql: string, dbname?: string): Promise<string>;
  /** Ends it at once, or lets it end. */
  stop(how: "kill" | "shut down"): Promise<void>;
  /** Starts it again with its data, and waits until it answers. */
  start(): Promise<void>;
}

export interface DatabaseServerOptions {
  /** What is acknowledged is on disk; for measurements. */
  readonly durable?: boolean;
  /** More arguments for the server. */
  readonly args?: readonly string[];
  /**
   * Where its data is kept: made when it is missing, gone on with when it is there, and left when it ends. Default: a
   * temporary folder.
   */
  readonly folder?: string;
}

/** Where a program is, or which command installs it. */
export function databasePrograms(kind: DatabaseKind): { readonly server: string; readonly init: string } {
  if (kind === "mysql") {
    return {
      server: program("mariadbd", "mariadb-server"),
      init: program("mariadb-install-db", "mariadb-server"),
    };
  }
  const folders = [...new Bun.Glob(postgresFolders.slice(1)).scanSync({ cwd: "/", onlyFiles: false })];
  const folder = folders.toSorted().at(-1);
  if (folder === undefined) throw missing("PostgreSQL's server", "postgresql");
  return { server: join("/", folder, "postgres"), init: join("/", folder, "initdb") };
}

function program(name: string, packageName: string): string {
  const found = Bun.which(name, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` });
  if (found === null) throw missing(name, packageName);
  return found;
}

function missing(what: string, packageName: string): Error {
  return new Error(`${what} is not installed; run: apt-get install --no-install-recommends ${packageName}`);
}

const shared = new Map<DatabaseKind, Promise<DatabaseServer>>();

/** One server for all tests of this process; it ends with it. Each test makes a database of its own. */
export async function sharedDatabaseServer(kind: DatabaseKind): Promise<DatabaseServer> {
  let server = shared.get(kind);
  if (server === undefined) shared.set(kind, (server = startDatabaseServer(kind)));
  return await server;
}

/** Starts a server with an empty data folder; disposing ends it and removes the folder. */
export async function startDatabaseServer(
  kind: DatabaseKind,
  options: DatabaseServerOptions = {},
): Promise<DatabaseServer> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), `modelbox-${kind}-`));
  const server = new LocalServer(kind, folder, await freePort(), options);
  if (options.folder === undefined) {
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  await server.initialize();
  await server.start();
  return server;
}

class LocalServer implements DatabaseServer {
  readonly kind: DatabaseKind;
  readonly port: number;
  readonly #folder: string;
  readonly #options: DatabaseServerOptions;
  readonly #programs: { readonly server: string; readonly init: string };
  #process: ServerProcess | undefined;
  #databases = 0;
  #prepared = false;

  constructor(kind: DatabaseKind, folder: string, port: number, options: DatabaseServerOptions) {
    this.kind = kind;
    this.port = port;
    this.#folder = folder;
    this.#options = options;
    this.#programs = databasePrograms(kind);
  }

  get caFile(): string {
    return join(this.#folder, "server.crt");
  }

  async initialize(): Promise<void> {
    const data = join(this.#folder, "data");
    const passwordFile = join(this.#folder, "password");
    this.#prepared = existsSync(data);
    if (this.#prepared) return;
    mkdirSync(this.#folder, { recursive: true });
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, databasePassword);
    await this.#giveAway();
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", join(this.#folder, "server.key"), "-out", this.caFile, "-days", "2"];
    await this.#run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject]);
    if (this.kind === "mysql") {
      const access = ["--auth-root-authentication-method=normal", "--skip-test-db"];
      await this.#run([this.#programs.init, "--no-defaults", `--datadir=${data}`, ...access]);
      return;
    }
    // A collation that sorts as people do, since the schema must not depend on the database's own.
    const locale = ["--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8"];
    const access = ["--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    await this.#run([this.#programs.init, `--pgdata=${data}`, "--no-sync", ...locale, ...access]);
  }

  async start(): Promise<void> {
    this.#process = runServer(this.#command(), join(this.#folder, "server.log"));
    const end = performance.now() + startLimitMs;
    for (;;) {
      try {
        await this.administer("SELECT 1");
        break;
      } catch (error) {
        const log = () => readFileSync(join(this.#folder, "server.log"), "utf8");
        if (this.#process.exited || performance.now() > end) throw new Error(log(), { cause: error });
        await Bun.sleep(20);
      }
    }
    if (this.#prepared) return;
    this.#prepared = true;
    if (this.kind === "postgres") {
      await this.administer(`CREATE ROLE modelbox LOGIN PASSWORD '${databasePassword}'`);
    } else {
      await this.administer(
        `CREATE USER modelbox@'%' IDENTIFIED BY '${databasePassword}'; GRANT ALL ON \`modelbox\\_%\`.* TO modelbox@'%'`,
      );
    }
  }

  async stop(how: "kill" | "shut down"): Promise<void> {
    // PostgreSQL's "fast" shutdown is SIGINT; SIGQUIT leaves what a crash leaves.
    const gentle = this.kind === "mysql" ? "SIGTERM" : "SIGINT";
    await this.#process?.end(how === "shut down" ? gentle : this.kind === "mysql" ? "SIGKILL" : "SIGQUIT");
  }

  async newDatabase(): Promise<DatabaseSettings> {
    const dbname = `modelbox_${(this.#databases += 1)}_${Date.now().toString(36)}`;
    await this.administer(
      this.kind === "mysql" ? `CREATE DATABASE \`${dbname}\`` : `CREATE DATABASE "${dbname}" OWNER modelbox`,
    );
    return this.settingsOf(dbname);
  }

  settingsOf(dbname: string): DatabaseSettings {
    return {
      host: "127.0.0.1",
      port: this.port,
      username: "modelbox",
      password: databasePassword,
      dbname,
      tls: "off",
      tlsCaFile: "",
      tlsCertFile: "",
      tlsKeyFile: "",
      poolSize: 8,
    };
  }

  async dropDatabase(dbname: string): Promise<void> {
    await this.administer(
      this.kind === "mysql" ? `DROP DATABASE \`${dbname}\`` : `DROP DATABASE "${dbname}" WITH (FORCE)`,
    );
  }

  async administer(sql: string, dbname?: string): Promise<string> {
    const socket = join(this.#folder, "s");
    const command =
      this.kind === "mysql"
        ? [
            "mariadb",
            "--no-defaults",
            `--socket=${socket}`,
            "--user=root",
            "--batch",
            "--skip-column-names",
            ...(dbname === undefined ? [] : [dbname]),
          ]
        : [
            join(this.#programs.server, "../psql"),
            `--host=127.0.0.1`,
            `--port=${this.port}`,
            "--username=postgres",
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            `--dbname=${dbname ?? "postgres"}`,
          ];
    const child = Bun.spawn(command, {
      stdin: Buffer.from(sql),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, PGPASSWORD: databasePassword },
    });
    const [output, errors, status] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (status !== 0) throw new Error(errors.trim());
    return output.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(this.#options.folder === undefined ? "kill" : "shut down");
    if (this.#options.folder === undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #command(): readonly string[] {
    const { durable = false, args = [] } = this.#options;
    const data = join(this.#folder, "data");
    const key = join(this.#folder, "server.key");
    if (this.kind === "mysql") {
      return [
        this.#programs.server,
        "--no-defaults",
        `--datadir=${data}`,
        `--socket=${join(this.#folder, "s")}`,
        `--port=${this.port}`,
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--innodb-buffer-pool-size=128M",
        `--ssl-cert=${this.caFile}`,
        `--ssl-key=${key}`,
        ...(durable
          ? []
          : ["--debug-no-sync", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"]),
        ...args,
      ];
    }
    const settings = {
      port: String(this.port),
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      ssl: "on",
      ssl_cert_file: this.caFile,
      ssl_key_file: key,
      max_connections: "60",
      ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
    };
    const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    return [this.#programs.server, "-D", data, ...flags, ...args];
  }

  async #run(command: readonly string[]): Promise<void> {
    const running = runServer(command, join(this.#folder, "setup.log"));
    if ((await running.status) === 0) return;
    throw new Error(`${command[0]} failed: ${readFileSync(join(this.#folder, "setup.log"), "utf8")}`);
  }

  /** The servers refuse to be root. */
  async #giveAway(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    await Bun.spawn(["chown", "-R", "nobody", this.#folder], { stdio: ["ignore", "ignore", "inherit"] })
      .exited;
  }
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
