import { DomainError } from "../../src/domain/errors.ts";
import type { Random } from "./random.ts";
import { Scenario } from "./scenario.ts";
import { createWorld, isKill, type TestStorage, type World } from "./world.ts";
import type { Faults } from "./faults.ts";

const MAX_ACTIONS = 30;
const MAX_STEPS_TO_KILL = 60;
const DAY_MS = 24 * 3_600_000;

/** Where bytes are kept, and how probable failures are there: each seed has one of the rates. */
export interface Installation {
  readonly storage: (faults: Faults, nowMs: () => number) => TestStorage;
  readonly rates: readonly number[];
}

/** Lets clients work on a server where things go wrong; undefined when all promises were kept, else what was broken. */
export async function runSeed(
  random: Random,
  { storage, rates }: Installation,
  isTraced: boolean,
): Promise<string | undefined> {
  await using world = await createWorld(random, storage);
  const scenario = new Scenario(world);
  try {
    world.faults.rate = random.pick(rates);
    const mayDamage = random.chance(0.2);
    const actions = 1 + random.below(MAX_ACTIONS);
    for (let action = 0; action < actions; action += 1) await oneAction(world, scenario, mayDamage);
    await settle(world, scenario);
    return undefined;
  } catch (error) {
    const trace = isTraced ? world.faults.trace : [];
    return [...trace, error instanceof Error ? (error.stack ?? error.message) : String(error)].join("\n");
  }
}

async function oneAction(world: World, scenario: Scenario, mayDamage: boolean): Promise<void> {
  const { random, faults } = world;
  if (random.chance(0.3)) world.life.steps.killAfter(random.below(MAX_STEPS_TO_KILL));
  try {
    const dice = random.next();
    if (dice < 0.5) await scenario.upload();
    else if (dice < 0.6) await scenario.remove();
    else if (dice < 0.8) await scenario.read();
    else if (dice < 0.85 && mayDamage) await scenario.damage();
    else world.advanceMs(random.below(2 * DAY_MS));
  } catch (error) {
    if (!isKill(error) && !(error instanceof DomainError)) throw error;
    if (error instanceof DomainError && error.kind === "data_loss") throw error;
    faults.note(`the action ended: ${error instanceof Error ? error.message : ""}`);
  }
  if (world.life.steps.isKilled || random.chance(0.05))
    await world.restart(random.chance(0.5) ? "kill" : "power failure");
  else world.life.steps.killAfter(Number.POSITIVE_INFINITY);
}

/** Once nothing fails any more, all that was acknowledged is there, and nothing else. */
async function settle(world: World, scenario: Scenario): Promise<void> {
  world.faults.rate = 0;
  await world.restart("power failure");
  for (const attempt of scenario.attempts) await scenario.requireRight(attempt);
}
