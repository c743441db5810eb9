import type { Checkpoint, Experiment, Namespace } from "../../domain/entities.ts";
import { MAX_INLINE_METRICS } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { CheckpointView } from "../../domain/views.ts";
import type { LocatedCheckpoint } from "../references/located.ts";
import { loadParents, parentOf, single } from "./single.ts";

/** Checkpoints as callers see them, in the same order; a fixed number of queries for all, sent together. `known` saves some. */
export async function checkpointViews(
  tx: MetadataReader,
  checkpoints: readonly Checkpoint[],
  known: { readonly namespaces?: readonly Namespace[]; readonly experiments?: readonly Experiment[] } = {},
): Promise<CheckpointView[]> {
  if (checkpoints.length === 0) return [];
  const ids = checkpoints.map((one) => one.id);
  const [namespaces, experiments, defaults, labels, metrics] = await Promise.all([
    loadParents(
      known.namespaces ?? [],
      checkpoints.map((one) => one.namespaceId),
      (missing) => tx.namespaces.getMany(missing),
    ),
    loadParents(
      known.experiments ?? [],
      checkpoints.map((one) => one.experimentId),
      (missing) => tx.experiments.getMany(missing),
    ),
    tx.artifacts.defaults(ids),
    tx.labels.getMany(ids),
    tx.metrics.latestMany(ids, MAX_INLINE_METRICS),
  ]);
  const artifacts = new Map(defaults.map((one) => [one.objectId, one]));
  return checkpoints.map((one) => {
    const namespace = parentOf(namespaces, one.namespaceId);
    const path = `${namespace.name}/${parentOf(experiments, one.experimentId).name}/${one.name}`;
    return {
      ...one,
      path,
      labels: labels.get(one.id) ?? {},
      metrics: metrics.get(one.id) ?? {},
      artifact: { ...parentOf(artifacts, one.id), objectPath: path },
    };
  });
}

export async function checkpointView(
  tx: MetadataReader,
  { namespace, experiment, checkpoint }: LocatedCheckpoint,
): Promise<CheckpointView> {
  return single(
    await checkpointViews(tx, [checkpoint], { namespaces: [namespace], experiments: [experiment] }),
  );
}
