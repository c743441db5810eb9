import { afterAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { keysOf, put, rejection } from "../conformance.ts";
import { temporaryFolder } from "../testing.ts";
import { FilesystemBlobStore } from "./store.ts";

/** A real file system of 1 MiB, where this process may mount one. */
const folder = await temporaryFolder();
const mounted =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path], { stderr: "ignore" })
    .exitCode === 0;

afterAll(async () => {
  if (mounted) Bun.spawnSync(["umount", folder.path]);
  await folder[Symbol.asyncDispose]();
});

test.skipIf(!mounted)("a full disk is reported, and leaves nothing", async () => {
  const store = await FilesystemBlobStore.open({ baseDir: folder.path });
  const error = await rejection(put(store, "chunks/ab/cd/abcd.1", new Uint8Array(4 * 1024 * 1024), 300_000));
  expect(error).toMatchObject({ kind: "resource_exhausted", reason: "STORAGE_FULL" });
  expect(await readdir(join(folder.path, "tmp"))).toEqual([]);
  expect(await keysOf(store, "")).toEqual([]);
  await put(store, "chunks/ab/cd/abcd.2", new Uint8Array(500_000));
  expect(await keysOf(store, "")).toEqual(["chunks/ab/cd/abcd.2"]);
});
