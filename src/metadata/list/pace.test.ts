import { describe, expect, test } from "bun:test";
import { Pace } from "./pace.ts";

/** Steps of a call whose rows take the given time each, until the time is spent. */
async function steps(msPerRow: (step: number) => number, milliseconds = 2_000) {
  let now = 0;
  const pace = new Pace({ rows: Number.MAX_SAFE_INTEGER, milliseconds, now: () => now });
  const taken: number[] = [];
  for (let rows = 64; rows > 0; rows = pace.rows(4_096)) {
    const before = now;
    await pace.measure(
      () => {
        now += rows * msPerRow(taken.length);
        return Promise.resolve(rows);
      },
      (looked) => looked,
    );
    taken.push(now - before);
  }
  return { endedAt: now, taken };
}

describe("a list call that looks at rows", () => {
  test.each([0.01, 0.05, 0.5, 3, 10])(
    "of %d ms each ends within its time, and uses most of it",
    async (ms) => {
      const { endedAt } = await steps(() => ms);
      expect(endedAt).toBeLessThanOrEqual(2_000);
      expect(endedAt).toBeGreaterThan(2_000 * 0.7);
    },
  );

  test("ends within its time when rows become twice as slow at the end", async () => {
    for (let turn = 10; turn < 75; turn += 1) {
      const { endedAt } = await steps((step) => (step < turn ? 0.05 : 0.1));
      expect(endedAt).toBeLessThanOrEqual(2_000);
    }
  });

  test("keeps nobody waiting for long", async () => {
    const { taken } = await steps(() => 0.05);
    expect(Math.max(...taken)).toBeLessThan(25.01);
  });

  test("takes large steps again after a slow one", async () => {
    const { taken } = await steps((step) => (step === 0 ? 1 : 0.01));
    expect(taken[1]).toBeLessThan(1);
    expect(taken[10]).toBeGreaterThan(20);
  });

  test("looks at no more rows when its time was spent by others", () => {
    let now = 0;
    const pace = new Pace({ rows: 1, milliseconds: 100, now: () => now });
    expect(pace.rows(500)).toBe(500);
    now = 90;
    expect(pace.rows(500)).toBe(0);
  });
});
