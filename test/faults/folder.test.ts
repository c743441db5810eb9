import { expect, test } from "bun:test";
import { folderStorage } from "./folder-storage.ts";
import { Random } from "./random.ts";
import { runSeed } from "./run-seed.ts";

/** `MODELBOX_FAULT_SEED=17 scripts/test test/faults` runs one seed again. */
const only = process.env["MODELBOX_FAULT_SEED"];
const first = only === undefined ? 1 : Number(only);
const count = only === undefined ? (process.env["MODELBOX_LONG_TESTS"] === "1" ? 5_000 : 300) : 1;

test(`a folder loses nothing that was acknowledged, seeds ${first} to ${first + count - 1}`, async () => {
  const failures: string[] = [];
  for (let seed = first; seed < first + count && failures.length < 5; seed += 1) {
    const failure = await runSeed(new Random(seed), folderStorage);
    if (failure !== undefined) failures.push(`seed ${seed}: ${failure}`);
  }
  expect(failures).toEqual([]);
}, 3_600_000);
