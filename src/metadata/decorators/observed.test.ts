import { expect, test } from "bun:test";
import { DomainError } from "../../domain/errors.ts";
import { fails } from "../conformance/define.ts";
import { aNamespace } from "../conformance/fixtures.ts";
import { createLibsqlMetadataStore, observedMetadataStore } from "../index.ts";

test("transactions and the calls inside them are told, with how long they took and whether the database failed", async () => {
  const seen: [operation: string, ok: boolean][] = [];
  await using store = observedMetadataStore(
    await createLibsqlMetadataStore({ path: ":memory:" }),
    (operation, seconds, ok) => {
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(60);
      seen.push([operation, ok]);
    },
  );
  const namespace = aNamespace();
  await store.write(async (tx) => {
    await tx.namespaces.insert(namespace);
    await tx.labels.set(
      { kind: "namespace", id: namespace.id, namespaceId: namespace.id, parentId: "" },
      { a: 1 },
    );
  });
  expect(await store.read((tx) => tx.namespaces.get(namespace.id))).toEqual(namespace);
  await store.check();
  await fails(
    store.write((tx) => tx.namespaces.insert(namespace)),
    "already_exists",
  );
  await fails(
    store.read(() => Promise.reject(new DomainError("unavailable", "X", "x"))),
    "unavailable",
  );
  expect(seen).toEqual([
    ["namespaces.insert", true],
    ["labels.set", true],
    ["write", true],
    ["namespaces.get", true],
    ["read", true],
    ["check", true],
    ["namespaces.insert", true],
    ["write", true],
    ["read", false],
  ]);
});
