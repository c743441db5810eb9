import { expect } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWorld } from "../cli/world.ts";
import { someBytes } from "../support/blobs.ts";
import type { DatabaseKind } from "../support/database-servers.ts";
import type { S3Server } from "../support/s3-server.ts";
import { modelbox, type TestServer } from "../support/server.ts";
import { aStorage, type TestStorage } from "./storages.ts";

export const MIB = 1024 * 1024;
const FILE_BYTES = 21 * MIB + 4711;
/** Changes that `seen` looks at. */
export const CHANGES = 6;

/** What makes a server write, whose configuration says that it only reads. */
export const WRITABLE = { MODELBOX_READ_ONLY: "false" };

/** A storage with a configuration file for reading only, in a folder of its own. */
export type Installation = TestStorage & { readonly folder: string; readonly config: string };

export async function installation(
  home: string,
  kind: "sqlite" | DatabaseKind,
  s3?: S3Server,
): Promise<Installation> {
  const storage = await aStorage(home, kind, s3);
  const config = join(home, "modelbox.toml");
  writeFileSync(config, `read_only = true\n${storage.toml}`, { mode: 0o600 });
  return { ...storage, folder: home, config };
}

/** Puts a version with a large file, and all else that there is, on a server; returns the file. */
export async function fill(server: TestServer, work: string): Promise<string> {
  mkdirSync(work);
  await createWorld(server.httpAddr, work).build("everything");
  writeFileSync(join(work, "model.bin"), someBytes(FILE_BYTES));
  const args = "client versions create --model langtech/lid --version 4 --tag large model.bin".split(" ");
  expect(await modelbox(server, work, ...args)).toMatchObject({ exitCode: 0 });
  return join(work, "model.bin");
}

/** What clients see of a server: its changes from a number on, the files of versions, and a lineage. */
export async function seen(server: TestServer, work: string) {
  const watch = "client watch --project langtech --after 3 --json --limit".split(" ");
  const changes = await modelbox(server, work, ...watch, String(CHANGES));
  const output = join(work, `download-${crypto.randomUUID()}`);
  for (const version of ["langtech/lid@large", "langtech/lid@production"]) {
    const args = ["client", "versions", "download", version, "--output", join(output, version)];
    expect(await modelbox(server, work, ...args)).toMatchObject({ exitCode: 0 });
  }
  const files = Object.fromEntries(
    readdirSync(output, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(output.length), Bun.hash(readFileSync(path))]),
  );
  const lineage = await modelbox(server, work, "client", "lineage", "langtech/lid@3", "--json");
  return { changes: changes.stdout.trim().split("\n"), files, lineage: lineage.stdout };
}
