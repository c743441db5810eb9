import { Random } from "./random.ts";
import { runSeed, type Installation } from "./run-seed.ts";

/** Seeds to play through, from the first on. */
export interface Seeds {
  readonly first: number;
  readonly count: number;
}

/** Broken promises that are worth reporting. */
const MAX_FAILURES = 5;
export const SEEDS_LIMIT_MS = 3_600_000;

/** Some seeds usually, more with `--long`, and one alone with `MODELBOX_FAULT_SEED=17 scripts/test test/faults`. */
export function seeds({ usual, long }: { readonly usual: number; readonly long: number }): Seeds {
  const only = process.env["MODELBOX_FAULT_SEED"];
  if (only !== undefined) return { first: Number(only), count: 1 };
  return { first: 1, count: process.env["MODELBOX_LONG_TESTS"] === "1" ? long : usual };
}

/** What was not kept, by seed; with all steps that led there when one seed is played alone. */
export async function brokenPromises(
  { first, count }: Seeds,
  installation: Installation,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let seed = first; seed < first + count && failures.length < MAX_FAILURES; seed += 1) {
    const failure = await runSeed(new Random(seed), installation, count === 1);
    if (failure !== undefined) failures.push(`seed ${seed}: ${failure}`);
  }
  return failures;
}
