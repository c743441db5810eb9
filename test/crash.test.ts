import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  executable,
  modelbox,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from "./support/server.ts";

const rounds = process.env["MODELBOX_LONG_TESTS"] === "1" ? 50 : 5;
const callers = 8;
/** Two that arrive at the same time. */
const largestChunksUnderWayMib = 2 * 8;
const testLimitMs = rounds * 60_000;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(server: Pick<TestServer, "httpAddr">, method: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${server.httpAddr}/modelbox.v1.${method}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test(
  "kill -9 of the server loses nothing that was acknowledged",
  async () => {
    using folder = temporaryFolder();
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await using server = await startServer(folder.path);
      const stop = { now: false };
      const writers = Array.from({ length: callers }, async (_, caller) => {
        for (let index = 0; !stop.now; index += 1) {
          const name = `run-${round}-${caller}-${index}`;
          const answer = await call(server, "ExperimentService/CreateExperiment", {
            namespace: "crash",
            name,
            owner: "test@example.com",
          }).catch(() => undefined);
          if (answer?.status !== 200) return;
          acknowledged.push(name);
        }
      });
      const before = acknowledged.length;
      const enough = 40 + Math.floor(Math.random() * 200);
      await until("acknowledged creates", () => (acknowledged.length - before >= enough ? true : undefined));
      server.signal("SIGKILL");
      await server.exited;
      stop.now = true;
      await Promise.all(writers);
    }
    await using server = await startServer(folder.path);
    for (const name of acknowledged) {
      const { status } = await call(server, "ExperimentService/GetExperiment", {
        experiment: `crash/${name}`,
      });
      expect({ name, status }).toEqual({ name, status: 200 });
    }
    await expectNoGaps(server, "crash");
  },
  testLimitMs,
);

/** The change log of a namespace is numbered 1, 2, 3, … whatever was killed. */
async function expectNoGaps(server: TestServer, namespace: string): Promise<void> {
  let last = 0;
  for (let pageToken = ""; ;) {
    const { body } = await call(server, "ChangeService/ListChanges", {
      namespace,
      pageSize: 1000,
      pageToken,
    });
    for (const change of (body["changes"] ?? []) as { sequence: string }[]) {
      expect(Number(change.sequence)).toBe(last + 1);
      last += 1;
    }
    pageToken = (body["nextPageToken"] as string | undefined) ?? "";
    if (pageToken === "") return;
  }
}

test(
  "a client that is killed leaves nothing visible, and the next one goes on where it was",
  async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const file = join(folder.path, "state.bin");
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const whole = Buffer.alloc(192 * 1024 * 1024);
    for (let offset = 0; offset < whole.length; offset += bytes.length) {
      whole.set(bytes, offset);
      whole.writeUInt32LE(offset, offset);
    }
    writeFileSync(file, whole);
    await call(server, "ExperimentService/CreateExperiment", {
      namespace: "crash",
      name: "killed",
      owner: "o",
    });

    const command = ["client", "checkpoints", "create", "--experiment", "crash/killed", "--step", "1", file];
    const chunks = join(folder.path, "modelbox-data/blobs/chunks");
    const child = Bun.spawn([executable, ...command], {
      env: { HOME: folder.path, MODELBOX_SERVER_ADDR: server.httpAddr },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    await until("some chunks to arrive", () => (storedMib(chunks) >= 64 ? true : undefined));
    child.kill("SIGKILL");
    await child.exited;

    const list = { experiment: "crash/killed" };
    expect((await call(server, "CheckpointService/ListCheckpoints", list)).body["checkpoints"] ?? []).toEqual(
      [],
    );
    const latest = await call(server, "CheckpointService/GetCheckpoint", {
      checkpoint: "crash/killed/latest",
    });
    expect(latest.status).toBe(404);

    const arrivedMib = storedMib(chunks);
    expect(arrivedMib).toBeLessThan(192);
    const again = await modelbox(server, folder.path, ...command);
    expect(again.exitCode).toBe(0);
    // What had arrived was not sent again, and nothing is stored twice.
    const [, sentMib = ""] = /Sent ([\d.]+) MiB of 192(?:\.0)? MiB/.exec(again.stderr) ?? [];
    expect(Number(sentMib)).toBeWithin(1, 192 - (arrivedMib - largestChunksUnderWayMib));
    expect(storedMib(chunks)).toBe(192);

    const target = join(folder.path, "back");
    const download = ["client", "checkpoints", "download", "crash/killed/latest", "--output", target];
    expect(await modelbox(server, folder.path, ...download)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(target, "state.bin")).equals(whole)).toBe(true);
    rmSync(file);
  },
  testLimitMs,
);

function storedMib(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = [...new Bun.Glob("*/*").scanSync({ cwd: folder, onlyFiles: true, absolute: true })];
  return files.reduce((sum, path) => sum + statSync(path).size, 0) / (1024 * 1024);
}

test(
  "an upload that was interrupted with Ctrl-C goes on where it was",
  async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const file = join(folder.path, "state.bin");
    const size = 160 * 1024 * 1024;
    const bytes = Buffer.alloc(size);
    for (let offset = 0; offset < size; offset += 4096) bytes.writeUInt32LE(offset, offset);
    writeFileSync(file, bytes);
    await call(server, "NamespaceService/CreateNamespace", { name: "stopped", owner: "o" });
    const command = ["client", "artifacts", "upload", "--object", "namespace:stopped", "--name", "a", file];
    const chunks = join(folder.path, "modelbox-data/blobs/chunks");
    const child = Bun.spawn([executable, ...command], {
      env: { HOME: folder.path, MODELBOX_SERVER_ADDR: server.httpAddr },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    await until("some chunks to arrive", () => (storedMib(chunks) >= 64 ? true : undefined));
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    const again = await modelbox(server, folder.path, ...command);
    expect(again.exitCode).toBe(0);
    const [, sentMib = ""] = /Sent ([\d.]+) MiB of 160(?:\.0)? MiB/.exec(again.stderr) ?? [];
    expect(Number(sentMib)).toBeWithin(1, 160 - 4 * 6);
  },
  testLimitMs,
);

test("16 clients that create the same name at once: one creates it, the others get it", async () => {
  using folder = temporaryFolder();
  await using server = await startServer(folder.path);
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        call(server, "ModelService/CreateModel", {
          namespace: `race-${round}`,
          name: "same",
          owner: "o",
          task: "t",
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
    expect(answers.filter(({ body }) => body["exists"] !== true)).toHaveLength(1);
    const ids = new Set(answers.map(({ body }) => (body["model"] as { id: string }).id));
    expect(ids.size).toBe(1);
  }
});
