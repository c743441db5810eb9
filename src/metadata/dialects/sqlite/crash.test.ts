import { expect, test } from "bun:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLibsqlMetadataStore } from "../../index.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { Connection } from "./connection.ts";

const ROUNDS = 20;
/** Acknowledged writes after which a round is cut off, at a random moment. */
const MAX_ACKNOWLEDGED = 120;
const PAGE = 1000;

test("kill -9 at any moment loses nothing that was acknowledged", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "metadata.db");
  for (let round = 0; round < ROUNDS; round += 1) {
    const acknowledged = await writeUntilKilled(path, 1 + Math.floor(Math.random() * MAX_ACKNOWLEDGED));
    expect(acknowledged.length).toBeGreaterThan(0);
    await using store = await createLibsqlMetadataStore({ path });
    const namespaceId = acknowledged[0]?.namespaceId ?? "";
    await store.read(async (tx) => {
      const found = await tx.models.getMany(acknowledged.map((one) => one.modelId));
      expect(found.length).toBe(acknowledged.length);
      const changes = await tx.changes.list(namespaceId, 0, [], PAGE);
      expect(changes.map((change) => change.sequence)).toEqual(changes.map((_, index) => index + 1));
      expect(await tx.changes.lastSequence(namespaceId)).toBe(changes.length);
      const scope = { type: "namespace", id: namespaceId } as const;
      const models = await tx.models.list({
        scope,
        orderBy: { field: "name", descending: false },
        limit: PAGE,
      });
      // An object and its change are there together, or neither is.
      expect(models.items.map((model) => model.id).toSorted()).toEqual(
        changes.map((one) => one.objectId).toSorted(),
      );
    });
    await store[Symbol.asyncDispose]();
  }
  using connection = new Connection({ path, pragmas: [] });
  expect(connection.rows("PRAGMA integrity_check")).toEqual([["ok"]]);
  expect(connection.rows("PRAGMA foreign_key_check")).toEqual([]);
}, 120_000);

async function writeUntilKilled(path: string, enough: number) {
  const child = Bun.spawn(
    [process.execPath, fileURLToPath(new URL("../../testing/crash-writer.ts", import.meta.url)), path],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (text.split("\n").length > enough) child.kill("SIGKILL");
  }
  await child.exited;
  return text
    .split("\n")
    .filter((line) => line.length === 73)
    .map((line) => ({ namespaceId: line.slice(0, 36), modelId: line.slice(37) }));
}
