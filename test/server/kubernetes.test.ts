import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { databasePassword, sharedDatabaseServer } from "../support/database-servers.ts";
import { pythonWithKubernetesSchemas } from "../support/python.ts";
import { S3_SERVER_LIMIT_MS, startS3Server, type S3Server } from "../support/s3-server.ts";
import { executable, temporaryFolder, until } from "../support/server.ts";
import { root } from "../tidy/tracked-files.ts";

const manifests = join(root, "docs/deployment/kubernetes");
/** The oldest that knows how to sleep before a container ends, and the newest that there are schemas of. */
const versions = ["1.30", "1.37"];
/** Time for the last answers to go out, beyond the drain. */
const GRACE_SECONDS = 5;

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** What of a Deployment is looked at here. */
interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: { readonly runAsUser: number };
        readonly containers: readonly [
          {
            readonly args: readonly string[];
            readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
            readonly startupProbe: Probe;
            readonly livenessProbe: Probe;
            readonly readinessProbe: Probe;
          },
        ];
      };
    };
  };
}

const deployment = read("deployment.yaml") as Deployment;
const { data } = read("configuration.yaml") as { data: { "modelbox.toml": string } };
const pod = deployment.spec.template.spec;
const [container] = pod.containers;

function read(file: string): unknown {
  return Bun.YAML.parse(readFileSync(join(manifests, file), "utf8"));
}

test("the manifests are what Kubernetes takes, to the last field", () => {
  const validator = pythonWithKubernetesSchemas();
  if ("missing" in validator) throw new Error(validator.missing);
  const files = readdirSync(manifests).map((file) => join(manifests, file));
  expect(files).toHaveLength(4);
  const program = [validator.python, "-m", "kubernetes_validate"];
  for (const version of versions) {
    const { exitCode, stdout, stderr } = Bun.spawnSync([
      ...program,
      "--strict",
      "--kubernetes-version",
      version,
      ...files,
    ]);
    expect({
      version,
      exitCode,
      output: (stdout.toString() + stderr.toString()).match(/passed/g)?.length,
    }).toEqual({
      version,
      exitCode: 0,
      output: files.length,
    });
  }
}, 120_000);

test("a pod is given the time that it takes to drain, and a disruption leaves most of them", () => {
  const drain = Number(/^drain_timeout_seconds = (\d+)$/m.exec(data["modelbox.toml"])?.[1]);
  const pause = container.lifecycle.preStop.sleep.seconds;
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drain + pause + GRACE_SECONDS);
  const budget = read("disruption-budget.yaml") as { spec: { minAvailable: number } };
  expect(budget.spec.minAvailable).toBe(deployment.spec.replicas - 1);
});

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());

/** The configuration of the manifests, with other addresses and places. */
function configuration(folder: string, port: number, dbname: string): string {
  let text = data["modelbox.toml"];
  const replace = (from: string, to: string): void => {
    if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
    text = text.replaceAll(from, to);
  };
  replace('"0.0.0.0:8085"', '"127.0.0.1:0"');
  replace('"0.0.0.0:8086"', '"127.0.0.1:0"');
  replace('host = "db.example.com"\nport = 5432', `host = "127.0.0.1"\nport = ${port}`);
  replace('dbname = "modelbox"', `dbname = "${dbname}"`);
  // The certificate of the tests' database is signed by nobody.
  replace('tls = "verify"', 'tls = "on"');
  replace("https://s3.eu-north-1.amazonaws.com", s3.endpoint);
  replace("eu-north-1", s3.region);
  replace("our-models", s3.makeBucket());
  replace("/etc/modelbox-secrets", folder);
  return text;
}

test("a server starts with that configuration, as that user, and writes nowhere but into /tmp", async () => {
  const database = await sharedDatabaseServer("postgres");
  const settings = await database.newDatabase();
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder.path, name), text);
    chmodSync(join(folder.path, name), 0o644);
  };
  write("modelbox.toml", configuration(folder.path, database.port, settings.dbname));
  write("database-password", `${databasePassword}\n`);
  write("s3-access-key", `${s3.accessKey}\n`);
  write("s3-secret-key", `${s3.secretKey}\n`);
  const args = container.args.map((arg) => arg.replace("/etc/modelbox/", `${folder.path}/`));
  // Its own view of the files: all of them for reading only, and a fresh folder in the place of /tmp.
  const scratch = join(folder.path, "tmp");
  const user = pod.securityContext.runAsUser;
  const script = [
    `mkdir ${scratch} && mount -t tmpfs -o mode=1777 tmpfs ${scratch}`,
    "mount -o remount,bind,ro /",
    `cd ${scratch}`,
    `exec setpriv --reuid=${user} --regid=${user} --clear-groups --bounding-set=-all --no-new-privs "$@"`,
  ].join(" && ");
  const privateMounts =
    process.getuid?.() === 0 ? ["unshare", "--mount"] : ["unshare", "--mount", "--map-root-user"];
  const log = join(folder.path, "server.log");
  const child = Bun.spawn([...privateMounts, "sh", "-c", script, "sh", executable, ...args], {
    // The user has no home folder, and is in no list of users.
    env: { PATH: process.env["PATH"] ?? "", TMPDIR: scratch },
    stdio: ["ignore", "ignore", Bun.file(log)],
  });
  try {
    const address = await until("server to listen", () => {
      const text = readFileSync(log, "utf8");
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${text}`);
      return /"http":"(http:[^"]+)"/.exec(text)?.[1];
    });
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      const path = probe.httpGet.path;
      const status = await until(`${path} to be well`, async () => {
        const answer = await fetch(`${address}${path}`);
        return answer.ok ? answer.status : undefined;
      });
      expect([path, status]).toEqual([path, 200]);
    }
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(readFileSync(log, "utf8")).not.toContain('"level":"error"');
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    await database.dropDatabase(settings.dbname);
  }
}, 60_000);
