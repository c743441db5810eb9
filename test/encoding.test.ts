import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { someBytes } from "./support/blobs.ts";
import { modelbox, startServer, temporaryFolder, until, type TestServer } from "./support/server.ts";

const kills = process.env["MODELBOX_LONG_TESTS"] === "1" ? 40 : 4;
const steps = 4;
const elements = 3_000_000;
const on = {
  MODELBOX_ENCODING_ENABLED: "true",
  MODELBOX_ENCODING_CPU_PERCENT: "100",
  MODELBOX_ENCODING_REST_MINUTES: "0",
};

/** A safetensors file of one tensor of 32 bits, the elements of which move a little with each step. */
function checkpoint(noise: Int32Array, step: number): Uint8Array {
  const info = { dtype: "F32", shape: [elements], data_offsets: [0, elements * 4] };
  const header = Buffer.from(JSON.stringify({ "layer.weight": info }).padEnd(104));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  const values = Int32Array.from(
    noise,
    (value, index) => 0x3d000000 + (value >>> 9) + step * ((index % 7) - 3),
  );
  return Buffer.concat([length, header, new Uint8Array(values.buffer)]);
}

/** The metric that says how many files and chunks wait; undefined before the first run. */
async function waiting(server: TestServer): Promise<number | undefined> {
  const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
  const found = [...text.matchAll(/^modelbox_encoding_waiting\{[^}]*\} (\d+)$/gm)];
  return found.length === 0 ? undefined : found.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** What a killed server held is free after five minutes: as if they were over. */
function letGoOfJobs(folder: string): void {
  using database = new Database(join(folder, "modelbox-data/metadata.db"));
  database.run("update jobs set held_until = 0");
}

async function untilEncoded(server: TestServer): Promise<void> {
  await until("chunks to be encoded", async () => ((await waiting(server)) === 0 ? true : undefined));
}

/** Sum of the metric over its labels. */
async function metric(server: TestServer, name: string): Promise<number> {
  const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
  const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, "gm"))];
  return found.reduce((sum, [, count]) => sum + Number(count), 0);
}

test(
  "a server that is killed while it encodes loses nothing, and the next one goes on",
  async () => {
    using folder = temporaryFolder();
    const noise = new Int32Array(someBytes(elements * 4, 5).buffer);
    const path = join(folder.path, "model.safetensors");
    await using writing = await startServer(folder.path);
    for (let step = 0; step < steps; step += 1) {
      writeFileSync(path, checkpoint(noise, step));
      const create = ["client", "checkpoints", "create", "--experiment", "n/e", "--step", `${step}`, path];
      if (step === 0)
        await modelbox(writing, folder.path, "client", "experiments", "create", "-p", "n", "--name", "e");
      expect(await modelbox(writing, folder.path, ...create)).toMatchObject({ exitCode: 0 });
    }
    writing.signal("SIGTERM");
    await writing.exited;
    rmSync(path);
    for (let kill = 0; kill < kills; kill += 1) {
      await using server = await startServer(folder.path, on);
      await Bun.sleep(2_000 + Math.random() * 1_500);
      server.signal("SIGKILL");
      await server.exited;
      letGoOfJobs(folder.path);
    }
    await using server = await startServer(folder.path, on);
    await untilEncoded(server);
    expect(await metric(server, "modelbox_encoding_failures_total")).toBe(0);
    expect(await metric(server, "modelbox_chunks_stored_bytes")).toBeLessThan(0.7 * steps * elements * 4);
    for (let step = 0; step < steps; step += 1) {
      const target = join(folder.path, `back-${step}`);
      const download = ["client", "checkpoints", "download", `n/e/step-${step}`, "--output", target];
      expect(await modelbox(server, folder.path, ...download)).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(target, "model.safetensors")).equals(checkpoint(noise, step))).toBe(true);
    }
  },
  kills * 60_000 + 120_000,
);

test("encoding can be switched off, and what was encoded is read all the same", async () => {
  using folder = temporaryFolder();
  const noise = new Int32Array(someBytes(elements * 4, 6).buffer);
  const path = join(folder.path, "model.safetensors");
  writeFileSync(path, checkpoint(noise, 1));
  const upload = ["client", "artifacts", "upload", "--object", "namespace:n", "--name", "a", path];
  {
    await using server = await startServer(folder.path, on);
    await modelbox(server, folder.path, "client", "projects", "create", "--name", "n");
    expect(await modelbox(server, folder.path, ...upload)).toMatchObject({ exitCode: 0 });
    await until("the file to be encoded", async () =>
      (await metric(server, "modelbox_encoded_chunks_total")) >= 3 ? true : undefined,
    );
    await untilEncoded(server);
  }
  await using server = await startServer(folder.path);
  expect(await waiting(server)).toBeUndefined();
  const target = join(folder.path, "back");
  const download = ["client", "artifacts", "download", "--object", "namespace:n", "--name", "a"];
  expect(await modelbox(server, folder.path, ...download, "--output", target)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(target, "model.safetensors")).equals(checkpoint(noise, 1))).toBe(true);
}, 120_000);
