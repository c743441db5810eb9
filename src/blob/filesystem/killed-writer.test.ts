import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { keysOf } from "../conformance.ts";
import { temporaryFolder } from "../testing.ts";
import { FilesystemBlobStore } from "./store.ts";

/** Commits one object, writes half of another, says so, and waits to be killed. */
const WRITER = `
const { FilesystemBlobStore } = await import(${JSON.stringify(join(import.meta.dir, "store.ts"))});
const store = await FilesystemBlobStore.open({ baseDir: process.argv[1] });
const whole = await store.openWriter("chunks/ab/cd/abcd.1", { sizeBytes: 3 });
await whole.write(new Uint8Array([1, 2, 3]));
await whole.commit();
const half = await store.openWriter("chunks/ab/ce/abce.1", { sizeBytes: 2_000_000 });
await half.write(new Uint8Array(1_000_000));
console.log("half");
await new Promise(() => setInterval(() => undefined, 1_000));
`;

test("a process that is killed in the middle of a write leaves nothing visible", async () => {
  await using folder = await temporaryFolder();
  const child = Bun.spawn([process.execPath, "-e", WRITER, folder.path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("half\n");
  child.kill("SIGKILL");
  await child.exited;
  expect(await readdir(join(folder.path, "tmp"))).toHaveLength(1);
  const store = await FilesystemBlobStore.open({ baseDir: folder.path });
  expect(await readdir(join(folder.path, "tmp"))).toEqual([]);
  expect(await keysOf(store, "")).toEqual(["chunks/ab/cd/abcd.1"]);
});
