import { afterAll, expect, test } from "bun:test";
import { backgroundThreads } from "../../src/blob/encoding/codec-threads.ts";
import { folderStorage } from "./folder-storage.ts";
import { SEEDS_LIMIT_MS, brokenPromises, seeds } from "./seeds.ts";

const threads = backgroundThreads(1);
afterAll(() => threads[Symbol.dispose]());

const { first, count } = seeds({ usual: 80, long: 2_000 });

test(
  `chunks in smaller forms lose nothing that was acknowledged, seeds ${first} to ${first + count - 1}`,
  async () => {
    const installation = { storage: folderStorage, rates: [0, 0.01, 0.05], threads };
    expect(await brokenPromises({ first, count }, installation)).toEqual([]);
  },
  SEEDS_LIMIT_MS,
);
