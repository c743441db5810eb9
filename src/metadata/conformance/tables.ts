import { expect } from "bun:test";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { keyFields } from "../table-keys.ts";
import { nth } from "./define.ts";
import type { Define } from "./define.ts";
import { aChange, aNamespace, aWorld, keyOf } from "./fixtures.ts";

/** All tables, row by row. */
export function tableTests(define: Define): void {
  define(
    "all rows of a table come once, in the order of their keys, however long pages are",
    async (store) => {
      const { namespace, version } = await aWorld(store);
      const object = keyOf("version", version);
      await store.write(async (tx) => {
        await tx.labels.set(object, { a: 1, "a ": 2, B: "x", ä: null });
        await tx.labels.set(keyOf("namespace", namespace), { a: true, b: false });
        const points = [-5n, 7n, 2n ** 62n].map((step) => ({ key: "loss", step, wallTime: 1, value: 0.5 }));
        await tx.metrics.log(object, points);
        for (const actor of ["b", "a"])
          for (const requestId of ["2", "1"])
            await tx.requests.remember({
              actor,
              method: "m",
              requestId,
              fingerprint: "",
              response: "",
              createdAt: 1,
            });
        await tx.changes.append(
          Array.from({ length: 5 }, () => aChange(namespace, { kind: "version", objectId: version.id })),
        );
      });
      await store.read(async (tx) => {
        for (const name of tx.tables.names) {
          const all = await tx.tables.page(name, undefined, 1_000);
          for (const limit of [1, 2, 3]) expect(await inPages(tx, name, limit)).toEqual([...all]);
          expect(await tx.tables.last(name)).toEqual(all.at(-1));
        }
        const labels = await tx.tables.page("labels", undefined, 10);
        expect(labels).toHaveLength(6);
        const requests = await tx.tables.page("requests", undefined, 10);
        expect(requests.map((row) => [row["actor"], row["requestId"]].join(""))).toEqual([
          "a1",
          "a2",
          "b1",
          "b2",
        ]);
      });
    },
  );

  define("a row is put beside others, or in the place of the one with its key", async (store) => {
    const [one, other] = [aNamespace(), aNamespace()];
    await store.write((tx) => tx.namespaces.insert(one));
    await store.write(async (tx) => {
      const row = nth(await tx.tables.page("namespaces", undefined, 1), 0);
      await tx.tables.put("namespaces", [
        { ...row, owner: "bob@example.com" },
        { ...row, ...other },
      ]);
      const held = { leaseId: one.id, digest: "ab".repeat(32) };
      await tx.tables.put("chunkHolds", [held]);
      await tx.tables.put("chunkHolds", [held]);
      await tx.tables.put("namespaces", []);
    });
    await store.read(async (tx) => {
      expect(await tx.namespaces.get(one.id)).toEqual({ ...one, owner: "bob@example.com" });
      expect(await tx.namespaces.get(other.id)).toEqual(other);
      expect(await tx.tables.page("chunkHolds", undefined, 10)).toHaveLength(1);
    });
  });

  define("every table has a key", async (store) => {
    const names = await store.read(async (tx) => tx.tables.names);
    expect(names.filter((name) => (keyFields.get(name) ?? []).length === 0)).toEqual([]);
  });
}

async function inPages(tx: MetadataReader, name: string, limit: number): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for (;;) {
    const page = await tx.tables.page(name, rows.at(-1), limit);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}
