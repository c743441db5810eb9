import { DomainError } from "../../src/domain/errors.ts";
import { purgeExpired } from "../../src/service/maintenance.ts";
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
    else if (dice < 0.83 && mayDamage) await scenario.damage();
    else if (dice < 0.92) await scenario.collect();
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

/**
 * Once nothing fails any more, all that was acknowledged is there; collection leaves nothing but what is named; and nothing
 * at all once everything is deleted.
 */
async function settle(world: World, scenario: Scenario): Promise<void> {
  world.faults.rate = 0;
  await world.restart("power failure");
  for (const attempt of scenario.attempts) await scenario.requireRight(attempt);
  await collectAll(world, scenario);
  for (const attempt of scenario.attempts) await scenario.requireRight(attempt);
  const stored = await world.storage.everything();
  const named = await world.life.context.metadata.read((tx) => tx.garbage.namedObjects(stored));
  const unnamed = stored.filter((key) => !named.has(key));
  if (unnamed.length > 0) throw new Error(`collection left ${unnamed.join(", ")}`);
  await scenario.removeAll();
  await collectAll(world, scenario);
  const left = await world.storage.everything();
  if (left.length > 0) throw new Error(`after everything was deleted there are ${left.join(", ")}`);
  const totals = await world.life.context.metadata.read((tx) => tx.chunks.totals());
  if (totals.count !== 0 || totals.storedBytes !== 0)
    throw new Error(`the totals are ${JSON.stringify(totals)}`);
}

/** Collects until all times of waiting are over: leases, condemned chunks, doomed objects. */
async function collectAll(world: World, scenario: Scenario): Promise<void> {
  const { context } = world.life;
  for (let day = 0; day < 5; day += 1) {
    world.advanceMs(2 * DAY_MS);
    await purgeExpired(context);
    await scenario.collect();
  }
}
