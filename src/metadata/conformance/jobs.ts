import { expect } from "bun:test";
import type { Define } from "./define.ts";

/** A job is one holder's at a time, and its place outlives holders. */
export function jobTests(define: Define): void {
  define("a job is held by one, until its time is over", async (store) => {
    const hold = (holder: string, now: number, until: number) =>
      store.write((tx) => tx.jobs.hold("gc", holder, now, until));
    expect(await store.read((tx) => tx.jobs.get("gc"))).toBeUndefined();
    const fresh = { name: "gc", position: "", startedAt: 10, finishedAt: 0, result: "" };
    expect(await hold("a", 10, 20)).toEqual({ ...fresh, holder: "a", heldUntil: 20 });
    expect(await hold("b", 15, 25)).toBeUndefined();
    expect(await hold("a", 15, 30)).toMatchObject({ holder: "a", heldUntil: 30 });
    expect(await hold("b", 29, 40)).toBeUndefined();
    expect(await hold("b", 30, 40)).toMatchObject({ holder: "b", heldUntil: 40, startedAt: 30 });
    expect(await store.read((tx) => tx.jobs.get("scrub"))).toBeUndefined();
  });

  define("only the holder advances a job, and the next goes on there", async (store) => {
    await store.write((tx) => tx.jobs.hold("gc", "a", 10, 20));
    expect(await store.write((tx) => tx.jobs.advance("gc", "a", "half"))).toBe(true);
    expect(await store.write((tx) => tx.jobs.advance("gc", "a", "half"))).toBe(true);
    expect(await store.write((tx) => tx.jobs.hold("gc", "a", 10, 20))).toMatchObject({ position: "half" });
    expect(await store.write((tx) => tx.jobs.advance("gc", "b", "all"))).toBe(false);
    expect(await store.write((tx) => tx.jobs.hold("gc", "b", 20, 30))).toMatchObject({
      position: "half",
      startedAt: 10,
    });
    expect(await store.write((tx) => tx.jobs.advance("gc", "a", "more"))).toBe(false);
    await store.write((tx) => tx.jobs.release("gc", "a", { at: 21, result: "{}" }));
    expect(await store.read((tx) => tx.jobs.get("gc"))).toMatchObject({ holder: "b", finishedAt: 0 });
    await store.write((tx) => tx.jobs.release("gc", "b", { at: 25, result: '{"n":1}' }));
    expect(await store.read((tx) => tx.jobs.get("gc"))).toEqual({
      name: "gc",
      holder: "",
      heldUntil: 0,
      position: "",
      startedAt: 10,
      finishedAt: 25,
      result: '{"n":1}',
    });
  });

  define("a job that is let go of can be gone on with at once", async (store) => {
    await store.write((tx) => tx.jobs.hold("gc", "a", 10, 2_000));
    await store.write((tx) => tx.jobs.advance("gc", "a", "half"));
    await store.write((tx) => tx.jobs.release("gc", "a"));
    expect(await store.write((tx) => tx.jobs.hold("gc", "b", 11, 30))).toMatchObject({ position: "half" });
  });
}
