import type { BlobStore } from "../../src/domain/blob-store.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import { createLibsqlMetadataStore } from "../../src/metadata/index.ts";
import { createTransfers, type CorruptChunk, type Transfers } from "../../src/service/blobs/transfers.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { createExperiment } from "../../src/service/experiments/create.ts";
import { everybody } from "../support/rpc.ts";
import { Faults, KilledError, Steps } from "./faults.ts";
import type { Random } from "./random.ts";

/** A process of the server; when it is killed another one takes its place. */
export interface Life {
  readonly context: ServiceContext;
  readonly transfers: Transfers;
  readonly steps: Steps;
}

/** Where the bytes are; it outlives processes. */
export interface TestStorage extends AsyncDisposable {
  /** Opens the store for a process. */
  open(steps: Steps): Promise<BlobStore>;
  /** Everything that was not sure to be stored may be gone. */
  powerFailure(): void;
  /** Turns a bit around in an object, and names it; undefined where there is none. */
  damage(): string | undefined;
  /** Keys of all that is stored, and what else takes space. */
  everything(): Promise<readonly string[]>;
}

export interface World extends AsyncDisposable {
  readonly faults: Faults;
  readonly random: Random;
  readonly storage: TestStorage;
  readonly life: Life;
  /** Past all faults. */
  readonly database: MetadataStore;
  /** What readers were told to be damaged. */
  readonly corrupt: readonly CorruptChunk[];
  nowMs(): number;
  advanceMs(milliseconds: number): void;
  /** Ends the process and begins another one; nothing fails while it starts. */
  restart(how: "kill" | "power failure"): Promise<void>;
}

export const EXPERIMENT = { namespace: "langtech", name: "wav2vec-lid" };

/** A server over a database that commits whole or not at all, and a store that fails. */
export async function createWorld(
  random: Random,
  createStorage: (faults: Faults, nowMs: () => number) => TestStorage,
): Promise<World> {
  const faults = new Faults(random);
  // Real stores note real times.
  let nowMicros = Date.now() * 1000;
  const clock = { nowMicros: () => (nowMicros += 1) };
  const nowMs = () => (nowMicros += 1) / 1000;
  const storage = createStorage(faults, nowMs);
  const database = await createLibsqlMetadataStore({ path: ":memory:", clock });
  const corrupt: CorruptChunk[] = [];
  const begin = async (): Promise<Life> => {
    const steps = new Steps(faults);
    const context = { metadata: mortal(database, steps), blobs: await storage.open(steps), clock };
    const observer = { corruptChunk: (found: CorruptChunk) => void corrupt.push(found) };
    return { context, transfers: createTransfers(context, observer), steps };
  };
  let life = await begin();
  const experiment = {
    ...EXPERIMENT,
    owner: "ada@example.com",
    externalId: "",
    framework: "",
    description: "",
  };
  await createExperiment(life.context, everybody, { ...experiment, labels: {}, requestId: "" });
  return {
    faults,
    random,
    storage,
    database,
    corrupt,
    nowMs,
    get life() {
      return life;
    },
    advanceMs: (milliseconds) => void (nowMicros += milliseconds * 1000),
    async restart(how) {
      faults.note(how);
      life.steps.kill();
      const { rate } = faults;
      faults.rate = 0;
      // Longer than a killed process holds its jobs, shorter than its clients' leases.
      nowMicros += 6 * 60_000_000;
      if (how === "power failure") storage.powerFailure();
      life = await begin();
      faults.rate = rate;
    },
    async [Symbol.asyncDispose]() {
      life.steps.kill();
      await storage[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The database as one process sees it, which may end before a transaction, or after one without learning of it. */
function mortal(database: MetadataStore, steps: Steps): MetadataStore {
  return {
    async read(work) {
      steps.take("database", "read");
      const result = await database.read(work);
      if (steps.isKilled) throw new KilledError("the process is gone");
      return result;
    },
    async write(work, options) {
      steps.take("database", "write");
      const result = await database.write(work, options);
      steps.take("database", "written");
      return result;
    },
    onChanges: (namespaceId, listener) => database.onChanges(namespaceId, listener),
    check: () => database.check(),
    // The database outlives its processes.
    async [Symbol.asyncDispose]() {},
  };
}

/** Whether an error comes from the end of the process. */
export function isKill(error: unknown): boolean {
  if (error instanceof SuppressedError) return isKill(error.error) || isKill(error.suppressed);
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof KilledError) return true;
  }
  return false;
}
