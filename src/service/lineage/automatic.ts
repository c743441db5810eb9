import type { LineageEdge } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { Mutation } from "../mutation.ts";
import {
  pathOf,
  type LocatedCheckpoint,
  type LocatedExperiment,
  type LocatedModel,
  type LocatedVersion,
} from "../references/located.ts";
import { objectOfNode } from "./nodes.ts";

/** What an experiment or checkpoint did to what came out of it. */
const PRODUCED = "produced";
/** From a model to its versions. */
const HAS_VERSION = "has_version";

/** Draws experiment to checkpoint. The checkpoint's own change row says the same, so there is none for the edge. */
export async function linkCheckpoint({ tx, now }: Mutation, located: LocatedCheckpoint): Promise<void> {
  const { namespace, experiment, checkpoint } = located;
  const ends = { source: `experiment:${experiment.id}`, target: `checkpoint:${checkpoint.id}` };
  await tx.lineage.add([{ namespaceId: namespace.id, ...ends, relation: PRODUCED, createdAt: now }]);
}

/** Draws model to version, and from where it came. The version's own change row says the same. */
export async function linkVersion(
  { tx, now }: Mutation,
  { namespace, model, version }: LocatedVersion,
  origin: {
    readonly checkpoint: LocatedCheckpoint | undefined;
    readonly experiment: LocatedExperiment | undefined;
  },
): Promise<void> {
  const edge = (source: string, relation: string): LineageEdge => ({
    namespaceId: namespace.id,
    source,
    target: `version:${version.id}`,
    relation,
    createdAt: now,
  });
  const edges = [edge(`model:${model.id}`, HAS_VERSION)];
  const { checkpoint, experiment } = origin;
  if (checkpoint !== undefined) edges.push(edge(`checkpoint:${checkpoint.checkpoint.id}`, PRODUCED));
  // The checkpoint's edge leads to its experiment already.
  if (experiment !== undefined && experiment.experiment.id !== checkpoint?.experiment.id) {
    edges.push(edge(`experiment:${experiment.experiment.id}`, PRODUCED));
  }
  await tx.lineage.add(edges);
}

/** Draws experiment to model, with a change row: the model itself does not name the experiment. */
export async function linkExperimentToModel(
  { tx, now, record }: Mutation,
  source: LocatedExperiment,
  target: LocatedModel,
): Promise<void> {
  const edge: LineageEdge = {
    namespaceId: target.namespace.id,
    source: `experiment:${source.experiment.id}`,
    target: `model:${target.model.id}`,
    relation: PRODUCED,
    createdAt: now,
  };
  await tx.lineage.add([edge]);
  await record({
    namespaceId: edge.namespaceId,
    kind: "model",
    objectId: target.model.id,
    objectPath: pathOf(target),
    action: "linked",
    state: { type: "edge", value: edge },
  });
}

/** Those of the edges that follow from the fields of objects that are there: they can't be removed. */
export async function impliedEdges(
  tx: MetadataReader,
  edges: readonly LineageEdge[],
): Promise<readonly LineageEdge[]> {
  const candidates = edges.filter((edge) => edge.relation === PRODUCED || edge.relation === HAS_VERSION);
  const targets = candidates.map((edge) => objectOfNode(edge.target)).filter((one) => one !== undefined);
  const idsOf = (kind: string) => targets.filter((one) => one.kind === kind).map((one) => one.id);
  const implied = new Set<string>();
  const add = (source: string, target: string, relation: string) =>
    implied.add(`${source} ${target} ${relation}`);
  for (const one of await tx.checkpoints.getMany(idsOf("checkpoint"))) {
    add(`experiment:${one.experimentId}`, `checkpoint:${one.id}`, PRODUCED);
  }
  for (const one of await tx.versions.getMany(idsOf("version"))) {
    add(`model:${one.modelId}`, `version:${one.id}`, HAS_VERSION);
    add(`checkpoint:${one.checkpointId}`, `version:${one.id}`, PRODUCED);
    add(`experiment:${one.experimentId}`, `version:${one.id}`, PRODUCED);
  }
  return candidates.filter((edge) => implied.has(`${edge.source} ${edge.target} ${edge.relation}`));
}
