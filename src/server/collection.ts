import { systemClock } from "../domain/clock.ts";
import { failedPrecondition } from "../domain/errors.ts";
import type { Sum } from "../domain/background-work.ts";
import type { MetadataStore } from "../domain/metadata-store.ts";
import { collect, type Collected } from "../service/collection/collect.ts";
import { NOTHING, plus, type Tally } from "../service/collection/tally.ts";
import { openBeside, type ServerConfig } from "./context.ts";

/** Chunks of one namespace: those that were uploaded into it first. */
export interface NamespaceGarbage {
  /** Its name, or "" when that is not known any more. */
  readonly namespace: string;
  readonly unused: Sum;
  readonly removed: Sum;
}

/** What was collected, for people and programs. */
export interface CollectedServer extends Omit<Collected, "unused" | "removed"> {
  readonly dryRun: boolean;
  readonly unused: Sum;
  readonly removed: Sum;
  readonly namespaces: readonly NamespaceGarbage[];
}

export interface CollectServerOptions {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Default: as the configuration says. */
  readonly graceMs?: number | undefined;
}

const MINUTE_MS = 60_000;

/** How old unused chunks are at least, as the configuration says. */
export function configuredGraceMs({ collection }: ServerConfig): number {
  return collection.graceMinutes * MINUTE_MS;
}

/** Collects what nothing uses in the storage that the configuration names, whether servers run on it or not. */
export async function collectServer(
  config: ServerConfig,
  { signal, dryRun, graceMs = configuredGraceMs(config) }: CollectServerOptions,
): Promise<CollectedServer> {
  if (config.readOnly && !dryRun) {
    throw failedPrecondition(
      "READ_ONLY",
      "The configuration has read_only = true, so nothing may be removed; change that, or add --dry-run.",
    );
  }
  const clock = systemClock();
  await using storage = await openBeside(config, clock, false);
  const collected = await collect({ ...storage, clock }, { signal, dryRun, graceMs });
  const { unused, removed, ...rest } = collected;
  return {
    dryRun,
    ...rest,
    unused: unused.total,
    removed: removed.total,
    namespaces: await byNamespace(storage.metadata, unused, removed),
  };
}

/** Those whose names are known, in their order, then the others together. */
async function byNamespace(
  metadata: MetadataStore,
  unused: Tally,
  removed: Tally,
): Promise<readonly NamespaceGarbage[]> {
  const ids = [...new Set([...unused.byNamespace.keys(), ...removed.byNamespace.keys()])];
  const known = await metadata.read((tx) => tx.namespaces.getMany(ids.filter((id) => id !== "")));
  const names = new Map(known.map(({ id, name }) => [id, name]));
  const found = new Map<string, NamespaceGarbage>();
  for (const id of ids) {
    const namespace = names.get(id) ?? "";
    const before = found.get(namespace) ?? { namespace, unused: NOTHING, removed: NOTHING };
    found.set(namespace, {
      namespace,
      unused: plus(before.unused, unused.byNamespace.get(id) ?? NOTHING),
      removed: plus(before.removed, removed.byNamespace.get(id) ?? NOTHING),
    });
  }
  return [...found.values()].toSorted((a, b) =>
    a.namespace === "" ? 1 : b.namespace === "" ? -1 : a.namespace < b.namespace ? -1 : 1,
  );
}
