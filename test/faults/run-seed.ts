import { DomainError } from "../../src/domain/errors.ts";
import type { CodecThreads } from "../../src/blob/encoding/codec-threads.ts";
import { fsck } from "../../src/service/fsck/fsck.ts";
import { isClean } from "../../src/service/fsck/report.ts";
import { MAX_BUILT_DEPTH } from "../../src/service/encoding/limits.ts";
import { purgeExpired } from "../../src/service/maintenance.ts";
import type { Random } from "./random.ts";
import { ENCODED, Scenario } from "./scenario.ts";
import { createWorld, isKill, type TestStorage, type World } from "./world.ts";
import type { Faults } from "./faults.ts";

const MAX_ACTIONS = 30;
const MAX_STEPS_TO_KILL = 60;
const DAY_MS = 24 * 3_600_000;
/** A walk that was broken off is ended first, and finds only what comes after. A chain of differences goes link by link, and each is condemned, judged and deleted in runs of their own. */
const MIN_DAYS = 4;
const MAX_DAYS = 3 * (MAX_BUILT_DEPTH + 1);

/** Where bytes are kept, and how probable failures are there: each seed has one of the rates. */
export interface Installation {
  readonly storage: (faults: Faults, nowMs: () => number) => TestStorage;
  readonly rates: readonly number[];
  /** With it chunks are large enough to be encoded, and are. */
  readonly threads?: CodecThreads;
}

/** Lets clients work on a server where things go wrong; undefined when all promises were kept, else what was broken. */
export async function runSeed(
  random: Random,
  { storage, rates, threads }: Installation,
  isTraced: boolean,
): Promise<string | undefined> {
  await using world = await createWorld(random, storage);
  const scenario = new Scenario(world, threads && ENCODED);
  try {
    world.faults.rate = random.pick(rates);
    const mayDamage = random.chance(0.2);
    const actions = 1 + random.below(MAX_ACTIONS);
    for (let action = 0; action < actions; action += 1) await oneAction(world, scenario, mayDamage, threads);
    await settle(world, scenario, threads);
    return undefined;
  } catch (error) {
    const trace = isTraced ? world.faults.trace : [];
    return [...trace, error instanceof Error ? (error.stack ?? error.message) : String(error)].join("\n");
  }
}

async function oneAction(
  world: World,
  scenario: Scenario,
  mayDamage: boolean,
  threads: CodecThreads | undefined,
): Promise<void> {
  const { random, faults } = world;
  if (random.chance(0.3)) world.life.steps.killAfter(random.below(MAX_STEPS_TO_KILL));
  try {
    const dice = random.next();
    if (threads !== undefined && random.chance(0.4)) await scenario.encode(threads);
    if (dice < 0.5) await scenario.upload();
    else if (dice < 0.6) await scenario.remove();
    else if (dice < 0.8) await scenario.read();
    else if (dice < 0.83 && mayDamage) await scenario.damage();
    else if (dice < 0.89) await scenario.collect();
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
async function settle(world: World, scenario: Scenario, threads: CodecThreads | undefined): Promise<void> {
  world.faults.rate = 0;
  await world.restart("power failure");
  for (const attempt of scenario.attempts) await scenario.requireRight(attempt);
  await collectAll(world, scenario, threads);
  for (const attempt of scenario.attempts) await scenario.requireRight(attempt);
  if (scenario.damaged.size === 0) await requireClean(world);
  const stored = await world.storage.everything();
  const named = await world.life.context.metadata.read((tx) => tx.garbage.namedObjects(stored));
  const unnamed = stored.filter((key) => !named.has(key));
  if (unnamed.length > 0) throw new Error(`collection left ${unnamed.join(", ")}`);
  await scenario.removeAll();
  await collectAll(world, scenario, threads);
  const left = await world.storage.everything();
  if (left.length > 0) throw new Error(`after everything was deleted there are ${left.join(", ")}`);
  const totals = await world.life.context.metadata.read((tx) => tx.chunks.totals());
  if (totals.count !== 0 || totals.storedBytes !== 0)
    throw new Error(`the totals are ${JSON.stringify(totals)}`);
}

async function requireClean({ life }: World): Promise<void> {
  const { metadata, blobs, clock } = life.context;
  const report = await fsck({ storage: { metadata, blobs }, clock, isRead: () => true, mender: undefined });
  if (!isClean(report)) throw new Error(`the check finds ${JSON.stringify(report.findings)}`);
}

/** Collects until all times of waiting are over: leases, condemned chunks, doomed objects. */
async function collectAll(
  world: World,
  scenario: Scenario,
  threads: CodecThreads | undefined,
): Promise<void> {
  const { context } = world.life;
  for (let day = 0; day < MAX_DAYS; day += 1) {
    world.advanceMs(2 * DAY_MS);
    await purgeExpired(context);
    const { unused, removed, deleted, waiting, isComplete } = await scenario.collect();
    const { condemned, doomed } = waiting;
    const left = [unused.total, removed.total, deleted, condemned, doomed];
    if (day >= MIN_DAYS && isComplete && left.every(({ count }) => count === 0)) return;
    // Bases that are to go wait for it.
    if (threads !== undefined) await scenario.encode(threads);
  }
}
