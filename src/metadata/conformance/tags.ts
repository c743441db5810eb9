import { expect } from "bun:test";
import { fails } from "./define.ts";
import type { Define } from "./define.ts";
import { aTag, aVersion, aWorld, nextTime } from "./fixtures.ts";

/** Unique tags: one version at a time, and history that stays. */
export function tagTests(define: Define): void {
  define("a tag is on one version of a model at a time", async (store) => {
    const { model, version } = await aWorld(store);
    const second = aVersion(model);
    const first = aTag(version);
    await store.write(async (tx) => {
      await tx.versions.insert(second);
      await tx.tags.assign(first);
    });
    const error = await fails(
      store.write((tx) => tx.tags.assign(aTag(second))),
      "conflict",
    );
    expect(error.message).toContain("production");
    expect(await store.read((tx) => tx.tags.current(model.id, "production"))).toEqual(first);
    const at = nextTime();
    const moved = aTag(second);
    await store.write(async (tx) => {
      expect(await tx.tags.unassign(model.id, "production", at)).toEqual(first);
      await tx.tags.assign(moved);
    });
    await store.read(async (tx) => {
      expect(await tx.tags.current(model.id, "production")).toEqual(moved);
      expect(await tx.tags.forVersions([version.id, second.id])).toEqual([moved]);
      const { items } = await tx.tags.history(model.id, "production", 10);
      expect(items).toEqual([moved, { ...first, unsetAt: at }]);
    });
  });

  define("what is not assigned is not unassigned", async (store) => {
    const { model, version } = await aWorld(store);
    expect(await store.write((tx) => tx.tags.unassign(model.id, "production", 1))).toBeUndefined();
    await store.write((tx) => tx.tags.assign(aTag(version)));
    expect(await store.read((tx) => tx.tags.current(model.id, "Production"))).toBeUndefined();
  });

  define("the tags of models come by tag", async (store) => {
    const { model, version } = await aWorld(store);
    for (const tag of ["staging", "best", "production"]) {
      await store.write((tx) => tx.tags.assign(aTag(version, { tag })));
    }
    const tags = await store.read((tx) => tx.tags.forModels([model.id, "nothing"]));
    expect(tags.map((one) => one.tag)).toEqual(["best", "production", "staging"]);
  });

  define("history is paged, newest first, and outlives the version", async (store) => {
    const { model, version } = await aWorld(store);
    const assigned: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const tag = aTag(version, { tag: index % 2 === 0 ? "even" : "odd" });
      assigned.unshift(tag.id);
      await store.write(async (tx) => {
        await tx.tags.assign(tag);
        await tx.tags.unassign(model.id, tag.tag, nextTime());
      });
    }
    await store.write((tx) => tx.versions.delete(version.id));
    const seen: string[] = [];
    let after: Parameters<Parameters<Parameters<typeof store.read>[0]>[0]["tags"]["history"]>[3];
    do {
      const page = await store.read((tx) => tx.tags.history(model.id, undefined, 3, after));
      seen.push(...page.items.map((one) => one.id));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(assigned);
    const even = await store.read((tx) => tx.tags.history(model.id, "even", 10));
    expect(even.items.length).toBe(4);
    expect(even.next).toBeUndefined();
  });
}
