import { expect, test } from "bun:test";
import { folderStorage } from "./folder-storage.ts";
import { SEEDS_LIMIT_MS, brokenPromises, seeds } from "./seeds.ts";

const { first, count } = seeds({ usual: 300, long: 5_000 });

test(
  `a folder loses nothing that was acknowledged, seeds ${first} to ${first + count - 1}`,
  async () => {
    const installation = { storage: folderStorage, rates: [0, 0.01, 0.05] };
    expect(await brokenPromises({ first, count }, installation)).toEqual([]);
  },
  SEEDS_LIMIT_MS,
);
