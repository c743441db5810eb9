import { expect, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { someBytes } from "../support/blobs.ts";
import { modelbox, modelboxJson, startServer, temporaryFolder, type TestServer } from "../support/server.ts";
import { sha256 } from "../support/upload.ts";

interface Report {
  readonly server: Readonly<Record<string, string>>;
  readonly namespaces: readonly Readonly<Record<string, string>>[];
}

/** What `du --apparent-size` says of the files below a folder. */
function bytesBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const PARTS = ["storedBytes", "unusedBytes", "condemnedBytes", "deadPackBytes", "doomedBytes"] as const;

test("the report adds up to what the folder of the blobs has", async () => {
  using folder = temporaryFolder();
  await using server = await startServer(folder.path);
  const blobs = join(folder.path, "modelbox-data", "blobs");
  const run = <T>(...args: string[]) => modelboxJson<T>(server, folder.path, ...args);
  const check = async (): Promise<Report> => {
    const report = await run<Report>("client", "storage");
    const total = Number(report.server["totalBytes"]);
    expect(total).toBe(bytesBelow(blobs));
    expect(PARTS.reduce((sum, part) => sum + Number(report.server[part]), 0)).toBe(total);
    return report;
  };
  expect((await check()).server["totalBytes"]).toBe("0");

  const frozen = someBytes(9_000_000, 1);
  const upload = (project: string, model: string, name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder.path, name), bytes);
    return run(
      "client",
      "artifacts",
      "upload",
      "--object",
      `model:${project}/${model}`,
      name,
      "--name",
      name,
    );
  };
  for (const [project, model] of [
    ["speech", "a"],
    ["speech", "b"],
    ["vision", "c"],
  ] as const)
    await run(
      "client",
      "models",
      "create",
      "--project",
      project,
      "--name",
      model,
      "--owner",
      "o",
      "--task",
      "t",
    );
  await upload("speech", "a", "one", Buffer.concat([frozen, someBytes(500_000, 2)]));
  await upload("speech", "b", "two", Buffer.concat([frozen, someBytes(700_000, 3)]));
  await upload("vision", "c", "three", frozen);
  const full = await check();
  expect(Number(full.server["logicalBytes"])).toBe(3 * frozen.byteLength + 1_200_000);
  expect(Number(full.server["savedByReuseBytes"])).toBeGreaterThan(frozen.byteLength);
  expect(full.namespaces.map((one) => one["name"])).toEqual(["speech", "vision"]);

  // An upload that nobody ends.
  const lease = await begin(server, "vision");
  const part = someBytes(123_456, 9);
  const sent = await fetch(`${server.httpAddr}/v1/chunks/${sha256(part)}`, {
    method: "PUT",
    body: part,
    headers: { "ModelBox-Lease": lease },
  });
  expect(sent.status).toBe(201);
  expect((await check()).server["unusedBytes"]).toBe(String(part.byteLength));

  const objects = (
    await run<{ objects: Readonly<Record<string, string>>[] }>("client", "storage", "--project", "speech")
  ).objects;
  expect(new Set(objects.map((one) => one["objectPath"]))).toEqual(new Set(["speech/a", "speech/b"]));
  const exclusive = objects.map((one) => Number(one["exclusiveBytes"]));
  expect(exclusive).toEqual(exclusive.toSorted((left, right) => right - left));
  // What is said to be free once it is deleted, is: for collection to take away.
  const [largest] = objects;
  await run("client", "models", "delete", largest!["objectPath"]!, "--recursive", "--yes");
  const after = await check();
  const freed =
    Number(after.server["unusedBytes"]) + Number(after.server["condemnedBytes"]) - part.byteLength;
  expect(freed).toBe(Number(largest!["exclusiveBytes"]));

  const shown = await modelbox(server, folder.path, "client", "storage", "--project", "speech");
  expect(shown.exitCode).toBe(0);
  for (const word of ["saved by reuse", "EXCLUSIVE", "SHARED"]) expect(shown.stdout).toContain(word);
  const all = await modelbox(server, folder.path, "client", "storage");
  for (const word of ["total", "unused", "PROJECT", "vision"]) expect(all.stdout).toContain(word);
});

test("an upload into a full project is refused before a byte moves, and the refusal says what to do", async () => {
  using folder = temporaryFolder();
  await using server = await startServer(folder.path);
  const run = (...args: string[]) => modelbox(server, folder.path, ...args);
  const created = await run(
    "client",
    "projects",
    "create",
    "--name",
    "n",
    "--owner",
    "ada",
    "--quota",
    "2MB",
  );
  expect(created.stdout).toContain("2000000 bytes");
  await run("client", "models", "create", "--project", "n", "--name", "m", "--owner", "o", "--task", "t");
  const upload = (name: string, sizeBytes: number) => {
    writeFileSync(join(folder.path, name), someBytes(sizeBytes, sizeBytes));
    return run("client", "artifacts", "upload", "--object", "model:n/m", name, "--name", name);
  };
  expect((await upload("small", 1_500_000)).exitCode).toBe(0);
  const blobs = join(folder.path, "modelbox-data", "blobs");
  const before = bytesBelow(blobs);
  const refused = await upload("large", 600_000);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain("quota of 2000000 bytes 1500000 are used");
  expect(refused.stderr).toContain("ask its owner ada");
  const put = await fetch(`${server.httpAddr}/v1/files?object=model:n/m&artifact=x&path=x`, {
    method: "PUT",
    body: someBytes(600_000),
  });
  expect(put.status).toBe(507);
  expect(await put.text()).toContain("QUOTA_EXCEEDED");
  expect(bytesBelow(blobs)).toBe(before);
  expect(await (await fetch(`${server.httpAddr}/metrics`)).text()).toContain(
    "modelbox_quota_refusals_total 2",
  );
  expect((await run("client", "projects", "update", "n", "--quota", "none")).exitCode).toBe(0);
  expect((await run("client", "projects", "get", "n")).stdout).not.toContain("quota");
  expect((await upload("large", 600_000)).exitCode).toBe(0);
});

async function begin({ httpAddr }: TestServer, namespace: string): Promise<string> {
  const response = await fetch(`${httpAddr}/modelbox.v1.ArtifactService/BeginUpload`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ namespace }),
  });
  return ((await response.json()) as { lease: { id: string } }).lease.id;
}
