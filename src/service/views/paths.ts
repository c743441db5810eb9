import type { ObjectKind } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { byId, distinct } from "./single.ts";

/** Ids in one query; keeps statements of any database within their limit of parameters. */
const BATCH = 1_000;

/** What of an object can be shown without its fields. */
export interface ObjectPath {
  readonly namespaceId: string;
  readonly path: string;
}

/**
 * Paths of objects as they are now, by id; those that are gone, and artifacts (which have none), are left out. A fixed
 * number of queries per 1,000 objects.
 */
export async function objectPaths(
  tx: MetadataReader,
  objects: readonly { readonly kind: ObjectKind; readonly id: string }[],
): Promise<ReadonlyMap<string, ObjectPath>> {
  const groups = Map.groupBy(objects, (one) => one.kind);
  const idsOf = (kind: ObjectKind) => distinct((groups.get(kind) ?? []).map((one) => one.id));
  const checkpoints = await inBatches(idsOf("checkpoint"), (batch) => tx.checkpoints.getMany(batch));
  const versions = await inBatches(idsOf("version"), (batch) => tx.versions.getMany(batch));
  const experimentIds = distinct([...idsOf("experiment"), ...checkpoints.map((one) => one.experimentId)]);
  const experiments = byId(await inBatches(experimentIds, (batch) => tx.experiments.getMany(batch)));
  const modelIds = distinct([...idsOf("model"), ...versions.map((one) => one.modelId)]);
  const models = byId(await inBatches(modelIds, (batch) => tx.models.getMany(batch)));
  const inside = [...checkpoints, ...versions, ...experiments.values(), ...models.values()];
  const namespaceIds = distinct([...idsOf("namespace"), ...inside.map((one) => one.namespaceId)]);
  const namespaces = byId(await inBatches(namespaceIds, (batch) => tx.namespaces.getMany(batch)));

  const paths = new Map<string, ObjectPath>();
  const add = (id: string, namespaceId: string, rest: string) => {
    const namespace = namespaces.get(namespaceId);
    if (namespace !== undefined) paths.set(id, { namespaceId, path: `${namespace.name}${rest}` });
  };
  for (const one of namespaces.values()) add(one.id, one.id, "");
  for (const one of experiments.values()) add(one.id, one.namespaceId, `/${one.name}`);
  for (const one of models.values()) add(one.id, one.namespaceId, `/${one.name}`);
  for (const one of checkpoints)
    add(one.id, one.namespaceId, `/${experiments.get(one.experimentId)?.name}/${one.name}`);
  for (const one of versions)
    add(one.id, one.namespaceId, `/${models.get(one.modelId)?.name}@${one.version}`);
  return paths;
}

async function inBatches<E>(
  ids: readonly string[],
  get: (batch: readonly string[]) => Promise<readonly E[]>,
): Promise<E[]> {
  const found: E[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    found.push(...(await get(ids.slice(start, start + BATCH))));
  }
  return found;
}
