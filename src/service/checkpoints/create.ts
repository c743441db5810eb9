import { DEFAULT_ARTIFACT, type Checkpoint, type Labels, type MetricValue } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { CheckpointView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { fingerprintFiles, insertFiles, type FileSetInput, type PreparedFiles } from "../blobs/commit.ts";
import { clash } from "../clash.ts";
import { commitWithFiles } from "../commit-with-files.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision } from "../etag.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { insertLabels } from "../labels/insert.ts";
import { requireFence, useFence, type RunFence } from "../leases/fence.ts";
import { linkCheckpoint } from "../lineage/automatic.ts";
import { initialPoints, summaryOf } from "../metrics/initial.ts";
import type { Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { keyOf, pathOf, type LocatedExperiment } from "../references/located.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveExperiment } from "../references/resolve.ts";
import { checkpointView } from "../views/checkpoints.ts";

export interface CreateCheckpointInput {
  readonly experiment: ChildReference;
  /** "" for `step-<n>`. */
  readonly name: string;
  readonly step: bigint;
  readonly epoch: bigint | undefined;
  readonly labels: Labels;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Undefined for a checkpoint of metrics alone. */
  readonly files: FileSetInput | undefined;
  readonly fence: RunFence | undefined;
  readonly requestId: string;
}

export interface CreatedCheckpoint {
  readonly checkpoint: CheckpointView;
  readonly exists: boolean;
}

/** A create call with what identifies the checkpoint that it makes. */
interface NewCheckpoint extends Omit<CreateCheckpointInput, "requestId" | "files"> {
  readonly files: string;
  readonly fingerprint: string;
}

/** Commits a checkpoint with its files and metrics, or returns the one that was committed with the same. */
export function createCheckpoint(
  context: ServiceContext,
  caller: Caller,
  { requestId, files: fileSet, ...input }: CreateCheckpointInput,
): Promise<CreatedCheckpoint> {
  const { step, epoch, labels, metrics } = input;
  const files = fingerprintFiles(fileSet?.files ?? []);
  const fingerprint = fingerprintOf({ step, epoch, labels, metrics, files });
  const wanted = { ...input, name: input.name === "" ? `step-${step}` : input.name, files, fingerprint };
  const call = { method: "CreateCheckpoint", requestId, request: wanted };
  return commitWithFiles<LocatedExperiment, CreatedCheckpoint>(context, caller, call, fileSet, {
    async locate(tx) {
      const located = await resolveExperiment(tx, caller, input.experiment);
      requireWritable(caller, located.namespace);
      return located;
    },
    find: (tx, experiment) => findCheckpoint(tx, context.clock.nowMicros(), experiment, wanted),
    async create(mutation, experiment, prepared) {
      await useFence(mutation.tx, mutation.now, experiment, wanted.fence);
      return { checkpoint: await addCheckpoint(mutation, experiment, wanted, prepared), exists: false };
    },
  });
}

async function findCheckpoint(
  tx: MetadataReader,
  now: number,
  located: LocatedExperiment,
  { name, step, epoch, labels, metrics, files, fence, fingerprint }: NewCheckpoint,
): Promise<CreatedCheckpoint | undefined> {
  const found = await tx.checkpoints.findByName(located.experiment.id, name);
  if (found === undefined) return undefined;
  const view = await checkpointView(tx, { ...located, kind: "checkpoint", checkpoint: found });
  if (found.fingerprint === fingerprint) return { checkpoint: view, exists: true };
  // To a trainer that has lost its run, the checkpoints of the next one are no reason to choose other names.
  await requireFence(tx, now, located, fence);
  const has = { ...view, files: view.artifact.fingerprint };
  throw clash("checkpoint", view.path, has, { step, epoch, labels, metrics, files });
}

async function addCheckpoint(
  mutation: Mutation,
  { namespace, experiment }: LocatedExperiment,
  { name, step, epoch, labels, metrics, fingerprint }: NewCheckpoint,
  files: PreparedFiles | undefined,
): Promise<CheckpointView> {
  const { tx, now } = mutation;
  const checkpoint: Checkpoint = {
    id: newId(),
    namespaceId: namespace.id,
    experimentId: experiment.id,
    name,
    step,
    epoch,
    revision: 1,
    createdAt: now,
    updatedAt: now,
    fingerprint,
  };
  const located = { kind: "checkpoint", namespace, experiment, checkpoint } as const;
  await tx.checkpoints.insert(checkpoint);
  const artifact = await insertFiles(mutation, files, {
    namespaceId: namespace.id,
    objectKind: "checkpoint",
    objectId: checkpoint.id,
    name: DEFAULT_ARTIFACT,
  });
  await insertLabels(tx, located, labels);
  const points = initialPoints(metrics, step, now);
  if (points.length > 0) await tx.metrics.log(keyOf(located), points);
  await linkCheckpoint(mutation, located);
  await tx.experiments.update(nextRevision(experiment, { latestCheckpointId: checkpoint.id }, now));
  const view = {
    ...checkpoint,
    path: pathOf(located),
    labels,
    metrics: summaryOf(points),
    artifact: { ...artifact, objectPath: pathOf(located) },
  };
  await recordObject(mutation, "created", { type: "checkpoint", value: view });
  return view;
}
