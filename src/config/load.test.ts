import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, loadClientConfig, loadServerConfig } from "./index.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "modelbox-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const file = join(mkdtempSync(join(folder, "file-")), "server.toml");
  writeFileSync(file, text);
  return file;
}

function load(text: string, env: Record<string, string> = {}) {
  return loadServerConfig({ path: write(text), env, cwd: folder }).config;
}

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("The configuration was accepted.");
}

test("without any file the defaults apply, in the working folder", () => {
  const empty = mkdtempSync(join(folder, "empty-"));
  const { config, file, warnings } = loadServerConfig({ env: {}, cwd: empty });
  expect({ file, warnings }).toEqual({ file: undefined, warnings: [] });
  expect(config.listenAddr).toEqual({ host: "127.0.0.1", port: 8085 });
  expect(config.grpcListenAddr).toEqual({ host: "127.0.0.1", port: 8086 });
  expect(config.metadataStorageIntegrated.path).toBe(join(empty, "modelbox-data/metadata.db"));
  expect(config.blobStorageFilesystem.baseDir).toBe(join(empty, "modelbox-data/blobs"));
});

test("a modelbox.toml in the working folder is found; a named file must be there", () => {
  const cwd = mkdtempSync(join(folder, "found-"));
  writeFileSync(join(cwd, "modelbox.toml"), 'listen_addr = "127.0.0.1:1234"');
  const { config, file } = loadServerConfig({ env: {}, cwd });
  expect(config.listenAddr.port).toBe(1234);
  expect(file).toBe(join(cwd, "modelbox.toml"));
  const [problem] = problemsOf(() => loadServerConfig({ path: "missing.toml", env: {}, cwd }));
  expect(problem).toContain(join(cwd, "missing.toml"));
});

test("keys and sections are matched without regard to case", () => {
  const config = load('LISTEN_ADDR = "127.0.0.1:1"\n[Blob_Storage_Filesystem]\nBase_Dir = "/x"');
  expect(config.listenAddr.port).toBe(1);
  expect(config.blobStorageFilesystem.baseDir).toBe("/x");
});

test("the environment wins over the file, and a flag over both", () => {
  const path = write('listen_addr = "127.0.0.1:1"\n[log]\nlevel = "warn"');
  const env = {
    MODELBOX_LISTEN_ADDR: "127.0.0.1:2",
    MODELBOX_LOG_LEVEL: "error",
    MODELBOX_INSECURE: "true",
    MODELBOX_DRAIN_TIMEOUT_SECONDS: "7",
    MODELBOX_PUBLIC_BLOB_ADDRS: "https://a.example, b.example:80/",
  };
  const { config } = loadServerConfig({ path, env, cwd: folder, flags: { listen_addr: "127.0.0.1:3" } });
  expect(config.listenAddr.port).toBe(3);
  expect(config.log.level).toBe("error");
  expect(config.insecure).toBe(true);
  expect(config.drainTimeoutSeconds).toBe(7);
  expect(config.publicBlobAddrs).toEqual(["https://a.example", "http://b.example"]);
});

test("relative paths begin where they were written: in the file's folder, or in the working folder", () => {
  const path = write('[metadata_storage_integrated]\npath = "db/m.db"');
  const cwd = join(folder, "cwd");
  mkdirSync(cwd, { recursive: true });
  const env = { MODELBOX_BLOB_STORAGE_FILESYSTEM_BASE_DIR: "blobs" };
  const { config } = loadServerConfig({ path, env, cwd });
  expect(config.metadataStorageIntegrated.path).toBe(join(path, "../db/m.db"));
  expect(config.blobStorageFilesystem.baseDir).toBe(join(cwd, "blobs"));
});

describe("a secret", () => {
  const mysql = 'metadata_storage = "mysql"\n[metadata_storage_mysql]\n';
  const revealed = (config: ReturnType<typeof load>) => config.metadataStorageMysql?.password.reveal();

  test("never prints, however it is printed", () => {
    const config = load(`${mysql}password = "hunter2"`);
    expect(revealed(config)).toBe("hunter2");
    expect(JSON.stringify(config)).not.toContain("hunter2");
    expect(Bun.inspect(config)).not.toContain("hunter2");
    expect(`${String(config.metadataStorageMysql?.password)}`).toBe("[secret]");
  });

  test("can be in a file of its own, less the line end", () => {
    const path = write("");
    writeFileSync(join(path, "../password"), " pass word \n");
    writeFileSync(path, `${mysql}password_file = "password"`);
    const { config } = loadServerConfig({ path, env: {}, cwd: folder });
    expect(revealed(config)).toBe(" pass word ");
  });

  test("from the environment replaces the file's, in either form", () => {
    const path = write("from a file");
    const file = path;
    expect(
      revealed(load(`${mysql}password_file = "/nowhere"`, { MODELBOX_METADATA_STORAGE_MYSQL_PASSWORD: "e" })),
    ).toBe("e");
    expect(
      revealed(load(`${mysql}password = "p"`, { MODELBOX_METADATA_STORAGE_MYSQL_PASSWORD_FILE: file })),
    ).toBe("from a file");
  });

  test("that is wrong is not shown in the error", () => {
    const problems = problemsOf(() => load(`${mysql}password = 123456`));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("metadata_storage_mysql.password");
    expect(problems[0]).not.toContain("123456");
  });

  test("given twice is an error", () => {
    const [problem] = problemsOf(() => load(`${mysql}password = "a"\npassword_file = "b"`));
    expect(problem).toMatch(/password and .*password_file/);
  });
});

describe("a configuration is refused, and the error names key and file", () => {
  const cases: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
    ["unknown key", 'listen_adr = "x"', /"listen_adr".*did you mean "listen_addr"/],
    ["unknown key far from any other", "xyz = 1", /Unknown key "xyz".*init-config/],
    ["key of a section at the top", 'level = "info"', /did you mean "log.level"/],
    ["unknown section", "[logg]\nlevel = 1", /Unknown section "logg".*"log"/],
    ["unknown key in a section", '[log]\nlvl = "x"', /Unknown key "log.lvl"/],
    ["name of an object's method", "constructor = 1", /Unknown key "constructor"/],
    ["wrong type", "listen_addr = 8085", /listen_addr .*expected a host and port.*got 8085/],
    ["port that is too high", 'listen_addr = "127.0.0.1:70000"', /listen_addr/],
    ["address without port", 'listen_addr = "127.0.0.1"', /listen_addr .*127\.0\.0\.1:8085/],
    ["text for a flag", 'insecure = "yes"', /insecure .*true or false/],
    [
      "fraction for a whole number",
      "drain_timeout_seconds = 1.5",
      /drain_timeout_seconds .*whole number from 0 to 3600/,
    ],
    ["date for a text", "public_grpc_addr = 2026-01-01", /public_grpc_addr .*expected text/],
    ["value out of a list", 'blob_storage = "ftp"', /blob_storage .*"filesystem" or "s3"/],
    ["role given twice", 'roles = ["blob", "blob"]', /roles/],
    [
      "address of a server that is none",
      'public_server_addr = "ftp://h"',
      /public_server_addr .*or "" for none/,
    ],
    ["empty path", '[blob_storage_filesystem]\nbase_dir = ""', /blob_storage_filesystem.base_dir .*a path/],
    ["section instead of a key", "[listen_addr]", /listen_addr .*key at the top/],
    ["key instead of a section", "log = 1", /write \[log\]/],
    ["key twice in other case", "insecure = true\nInsecure = false", /insecure is set twice/],
    [
      "address of a base with a password",
      'public_blob_addrs = ["http://u:p@h"]',
      /public_blob_addrs .*"http:\/\/…@h"/,
    ],
    [
      "missing section",
      'metadata_storage = "mysql"',
      /metadata_storage = "mysql".*\[metadata_storage_mysql\]/,
    ],
    ["missing section for s3", 'blob_storage = "s3"', /\[blob_storage_s3\]/],
    [
      "address with a path",
      '[blob_storage_s3]\nendpoint = "https://s3.example.com/bucket"',
      /blob_storage_s3.endpoint .*without a path/,
    ],
    [
      "name that no bucket has",
      '[blob_storage_s3]\nbucket = "My_Bucket"',
      /blob_storage_s3.bucket .*3 to 63/,
    ],
    ["prefix that leads out", '[blob_storage_s3]\nprefix = "/a//b"', /blob_storage_s3.prefix .*words/],
    ["part that S3 refuses", "[blob_storage_s3]\npart_size_mib = 4", /part_size_mib .*from 5 to 64/],
    ["no TOML", "listen_addr = ", /not valid TOML: .*row 1/],
  ];
  test.each(cases)("%s", (_name, text, expected) => {
    const path = write(text);
    const problems = problemsOf(() => loadServerConfig({ path, env: {}, cwd: folder }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
    expect(problems[0]).toContain(path);
  });

  test("all problems are told at once", () => {
    const problems = problemsOf(() => load("listen_addr = 1\ninsecure = 1\nunknown = 1"));
    expect(problems).toHaveLength(3);
  });

  test("an environment variable is named instead of the file", () => {
    const [problem] = problemsOf(() => load("", { MODELBOX_LOG_FORMAT: "xml" }));
    expect(problem).toContain("MODELBOX_LOG_FORMAT");
  });
});

describe("a server with one role", () => {
  const shared =
    'metadata_storage = "mysql"\nblob_storage = "s3"\n[metadata_storage_mysql]\n[blob_storage_s3]';

  test("shares a database and a bucket with others", () => {
    expect(load(`roles = ["blob"]\n${shared}`).roles).toEqual(["blob"]);
    const problems = problemsOf(() => load('roles = ["blob"]'));
    expect(problems).toEqual([
      expect.stringMatching(/^roles = \["blob"\] needs metadata_storage = "mysql" or "postgres": /),
      expect.stringMatching(/^roles = \["blob"\] needs blob_storage = "s3": /),
    ]);
  });

  test("must tell clients where files are, if it does not move them itself", () => {
    const problems = problemsOf(() => load(`roles = ["metadata"]\n${shared}`));
    expect(problems).toEqual([expect.stringMatching(/^roles = \["metadata"\] needs public_blob_addrs/)]);
    const { roles } = load(`roles = ["metadata"]\npublic_blob_addrs = ["https://b.example.com"]\n${shared}`);
    expect(roles).toEqual(["metadata"]);
  });
});

describe("the section for S3", () => {
  const s3 = 'blob_storage = "s3"\n[blob_storage_s3]\n';

  test("takes keys, and a path that may be none", () => {
    const config = load(`${s3}endpoint = "store.local:9000"\naccess_key = "a"\nsecret_key = "hunter2"`);
    expect(config.blobStorageS3).toMatchObject({ endpoint: "https://store.local:9000", caFile: "" });
    expect(config.blobStorageS3?.secretKey.reveal()).toBe("hunter2");
    expect(Bun.inspect(config)).not.toContain("hunter2");
    expect(load(`${s3}ca_file = "ca.pem"`).blobStorageS3?.caFile).toEndWith("/ca.pem");
  });

  test("refuses half of a pair of keys, and a key for an encryption that has none", () => {
    expect(problemsOf(() => load(`${s3}access_key = "a"`))[0]).toMatch(/access_key and .*secret_key belong/);
    expect(problemsOf(() => load(`${s3}kms_key_id = "k"`))[0]).toMatch(/kms_key_id needs .*"aws:kms"/);
  });
});

describe("listening beyond this machine", () => {
  test.each(["0.0.0.0:8085", "[::]:8085", "192.168.1.2:8085", "models.example.com:8085"])(
    "on %s needs insecure = true",
    (address) => {
      const [problem] = problemsOf(() => load(`listen_addr = "${address}"`));
      expect(problem).toMatch(/listen_addr .*insecure = true/);
      expect(load(`listen_addr = "${address}"\ninsecure = true`).insecure).toBe(true);
    },
  );

  test.each(["127.0.0.1:8085", "127.8.9.1:8085", "[::1]:8085", "localhost:8085"])(
    "%s stays here",
    (address) => {
      expect(load(`listen_addr = "${address}"`).insecure).toBe(false);
    },
  );

  test("holds for the gRPC address too, unless it is turned off", () => {
    expect(problemsOf(() => load('grpc_listen_addr = "0.0.0.0:1"'))[0]).toContain("grpc_listen_addr");
    expect(load('grpc_listen_addr = ""').grpcListenAddr).toBeUndefined();
  });

  test("needs no such word where callers say who they are", () => {
    const open = 'listen_addr = "0.0.0.0:1"\ngrpc_listen_addr = "0.0.0.0:2"\n';
    expect(load(`${open}auth = "token"`).insecure).toBe(false);
    const tls = '[tls]\ncert_file = "c.pem"\nkey_file = "k.pem"\n';
    expect(load(`${open}${tls}client_ca_file = "ca.pem"`).tls.clientCaFile).toEndWith("/ca.pem");
    // Who listens to TLS alone still lets everybody in.
    expect(problemsOf(() => load(`${open}${tls}`))).toHaveLength(2);
  });

  test("two listeners can't share an address", () => {
    const both = 'listen_addr = "127.0.0.1:9000"\ngrpc_listen_addr = "127.0.0.1:9000"';
    expect(problemsOf(() => load(both))[0]).toContain("different ports");
  });
});

describe("TLS", () => {
  test("is off unless files are named, which are looked for beside the configuration", () => {
    expect(load("").tls).toEqual({ certFile: undefined, keyFile: undefined, clientCaFile: undefined });
    const path = write('[tls]\ncert_file = "c.pem"\nkey_file = "/k.pem"');
    const { tls } = loadServerConfig({ path, env: {}, cwd: folder }).config;
    expect(tls).toEqual({
      certFile: join(path, "../c.pem"),
      keyFile: "/k.pem",
      clientCaFile: undefined,
    });
  });

  test.each([
    ['cert_file = "c"', /^tls\.cert_file needs tls\.key_file/],
    ['key_file = "k"', /^tls\.key_file needs tls\.cert_file/],
    ['client_ca_file = "ca"', /^tls\.client_ca_file needs tls\.cert_file and tls\.key_file/],
  ])("with %s alone is refused", (line, expected) => {
    expect(problemsOf(() => load(`[tls]\n${line}`))).toEqual([expect.stringMatching(expected)]);
  });
});

test("an environment variable that looks like a mistyped key is a warning, one of another program is not", () => {
  const env = {
    MODELBOX_LISTEN_ADR: "x",
    MODELBOX_SERVICE_HOST: "10.0.0.1",
    MODELBOX_SERVER_ADDR: "http://x",
  };
  const { warnings } = loadServerConfig({ path: write(""), env, cwd: folder });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/MODELBOX_LISTEN_ADR .*MODELBOX_LISTEN_ADDR/);
});

describe("the client's configuration", () => {
  test("holds a token that prints nowhere, from the file, the environment or a file of its own", () => {
    const path = write('token = "in-file"');
    const load = (env: Record<string, string>) => loadClientConfig({ path, env, cwd: folder }).config;
    expect(load({}).token.reveal()).toBe("in-file");
    expect(load({ MODELBOX_TOKEN: "in-environment" }).token.reveal()).toBe("in-environment");
    expect(load({ MODELBOX_TOKEN_FILE: write("in-own-file\n") }).token.reveal()).toBe("in-own-file");
    expect(JSON.stringify(load({}))).not.toContain("in-file");
  });

  test("names the file with a secret that others may read, and only such a file", () => {
    const warningsOf = (text: string, mode: number): readonly string[] => {
      const path = write(text);
      chmodSync(path, mode);
      return loadClientConfig({ path, env: {}, cwd: folder }).warnings;
    };
    expect(warningsOf('token = "t"', 0o644)).toEqual([expect.stringContaining("chmod 600")]);
    expect(warningsOf('token = "t"', 0o640)).toEqual([]);
    expect(warningsOf('token = ""', 0o644)).toEqual([]);
    expect(warningsOf('ca_file = "ca.pem"', 0o644)).toEqual([]);
  });

  test("has certificate and key together", () => {
    expect(
      problemsOf(() => loadClientConfig({ path: write('cert_file = "c"'), env: {}, cwd: folder })),
    ).toEqual(["cert_file and key_file belong together; set both, or neither."]);
  });

  test("comes from the user's folder, whatever lies in the working folder", () => {
    const home = mkdtempSync(join(folder, "home-"));
    mkdirSync(join(home, ".config/modelbox"), { recursive: true });
    writeFileSync(join(home, ".config/modelbox/client.toml"), 'server_addr = "https://models.example.com/"');
    const { config } = loadClientConfig({ env: { HOME: home }, cwd: folder });
    expect(config.serverAddr).toBe("https://models.example.com");
  });

  test("takes an address without scheme, and names what it refuses", () => {
    const env = { HOME: folder, MODELBOX_SERVER_ADDR: "models:9000" };
    expect(loadClientConfig({ env, cwd: folder }).config.serverAddr).toBe("http://models:9000");
    const wrong = { HOME: folder, MODELBOX_SERVER_ADDR: "ftp://models" };
    expect(problemsOf(() => loadClientConfig({ env: wrong, cwd: folder }))[0]).toContain(
      "MODELBOX_SERVER_ADDR",
    );
  });
});
