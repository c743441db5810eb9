import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrations } from "../../../embed/migrations.ts";
import { fails } from "../../conformance/define.ts";
import { createLibsqlMetadataStore } from "../../index.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";

test("a second store on a data folder is refused, in this process and in another", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "data", "metadata.db");
  const holder = hold(path);
  try {
    const { value } = await holder.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("ready\n");
    const error = await fails(createLibsqlMetadataStore({ path }), "failed_precondition");
    expect(error.reason).toBe("DATA_FOLDER_IN_USE");
    expect(error.message).toContain(join(folder.path, "data"));
  } finally {
    holder.kill("SIGKILL");
    await holder.exited;
  }
  // The lock has died with its process.
  await using store = await createLibsqlMetadataStore({ path });
  await store.check();
  await fails(createLibsqlMetadataStore({ path }), "failed_precondition");
  await store[Symbol.asyncDispose]();
  await using again = await createLibsqlMetadataStore({ path });
  await again.check();
});

test("only the owner may read the files", async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, "new", "data");
  await using store = await createLibsqlMetadataStore({ path: join(data, "metadata.db") });
  await store.check();
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(data)).toBe("700");
  for (const name of ["metadata.db", "metadata.db-wal", "metadata.db-shm", "lock.db"]) {
    expect([name, mode(join(data, name))]).toEqual([name, "600"]);
  }
});

test("a folder that can't be made is named", async () => {
  const error = await fails(
    createLibsqlMetadataStore({ path: "/dev/null/data/metadata.db" }),
    "failed_precondition",
  );
  expect(error.message).toContain("/dev/null/data");
});

test("a folder that became read-only is refused, with a log of a crash in it too", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "data", "metadata.db");
  const holder = hold(path);
  await holder.stdout.getReader().read();
  holder.kill("SIGKILL");
  await holder.exited;
  expect(existsSync(`${path}-wal`)).toBe(true);
  const data = join(folder.path, "data");
  const open = () => fails(createLibsqlMetadataStore({ path }), "failed_precondition");
  const setModes = (file: number, directory: number) => {
    for (const name of readdirSync(data)) chmodSync(join(data, name), file);
    chmodSync(data, directory);
  };
  chmodSync(folder.path, 0o755);
  setModes(0o666, 0o555);
  chmodSync(join(data, "lock.db"), 0o444);
  const lock = await asNobody(open);
  // The lock can be taken again: it is the database itself that is read-only.
  setModes(0o444, 0o777);
  chmodSync(join(data, "lock.db"), 0o666);
  const database = await asNobody(open);
  for (const error of [lock, database]) {
    expect(error.reason).toBe("DATA_FOLDER_UNUSABLE");
    expect(error.message).toContain(path);
  }
  setModes(0o600, 0o700);
  // In another process: in this one SQLite may still have the files open for reading alone.
  const later = hold(path);
  const { value } = await later.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("ready\n");
  later.kill("SIGKILL");
  await later.exited;
});

test("what is no file is refused before anything is made beside it", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "database");
  mkdirSync(path);
  const error = await fails(createLibsqlMetadataStore({ path }), "failed_precondition");
  expect(error.message).toContain(`${path} is a folder; name a file in it`);
  expect(readdirSync(folder.path)).toEqual(["database"]);
  const device = await fails(createLibsqlMetadataStore({ path: "/dev/null" }), "failed_precondition");
  expect(device.message).toContain("/dev/null is not an ordinary file");
});

/** A process that has the data folder until it is killed; it prints a line once it does. */
function hold(path: string) {
  const script = fileURLToPath(new URL("../../testing/lock-holder.ts", import.meta.url));
  return Bun.spawn([process.execPath, script, path], { stdout: "pipe", stderr: "inherit" });
}

/** For root no file is read-only by its mode. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.("nobody");
  try {
    return await work();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

test("readers share a data folder, and keep whoever writes out of it", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "data", "metadata.db");
  const refusal = async (readOnly: boolean) =>
    (await fails(createLibsqlMetadataStore({ path, readOnly }), "failed_precondition")).message;
  {
    await using writer = await createLibsqlMetadataStore({ path });
    await writer.check();
    expect(await refusal(true)).toContain("start it with read_only = true");
  }
  await using first = await createLibsqlMetadataStore({ path, readOnly: true });
  await using second = await createLibsqlMetadataStore({ path, readOnly: true });
  expect(await refusal(false)).toContain("in use by another ModelBox server");
  await Promise.all([first.check(), second.check()]);
  await first[Symbol.asyncDispose]();
  expect(await refusal(false)).toContain("in use by another ModelBox server");
  await second[Symbol.asyncDispose]();
  await using writer = await createLibsqlMetadataStore({ path });
  await writer.check();
});

test("a reader beside others brings the database to no other schema", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "data", "metadata.db");
  const older = migrations.sqlite.slice(0, 1);
  await using _first = await createLibsqlMetadataStore({ path, readOnly: true, migrations: older });
  const error = await fails(createLibsqlMetadataStore({ path, readOnly: true }), "failed_precondition");
  expect(error.message).toContain("is older than this ModelBox and in use by another");
});
