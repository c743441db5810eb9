import type { Artifact, Namespace } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller } from "../context.ts";
import type {
  Located,
  LocatedArtifact,
  LocatedCheckpoint,
  LocatedExperiment,
  LocatedModel,
  LocatedVersion,
} from "./located.ts";
import {
  missingCheckpoint,
  missingExperiment,
  missingId,
  missingModel,
  missingNamespace,
  missingVersion,
  noCheckpointYet,
} from "./missing.ts";
import type { CheckpointReference, ChildReference, ObjectReference, VersionReference } from "./parse.ts";

const LATEST = "latest";

/*
 * Each resolver finds an object and what it is in, or throws "not_found". An id is tried first, then a name, so a name
 * that looks like an id works too. What the caller may not read is not there.
 */

export async function findNamespace(
  tx: MetadataReader,
  caller: Caller,
  reference: string,
): Promise<Namespace | undefined> {
  const byId = isId(reference) ? await tx.namespaces.get(reference) : undefined;
  const found = byId ?? (await tx.namespaces.findByName("", reference));
  return found !== undefined && canRead(caller, found.id) ? found : undefined;
}

export async function resolveNamespace(
  tx: MetadataReader,
  caller: Caller,
  reference: string,
): Promise<Namespace> {
  const found = await findNamespace(tx, caller, reference);
  if (found === undefined) throw missingNamespace(reference);
  return found;
}

export async function resolveExperiment(
  tx: MetadataReader,
  caller: Caller,
  reference: ChildReference,
): Promise<LocatedExperiment> {
  if (reference.type === "path") {
    const namespace = await resolveNamespace(tx, caller, reference.namespace);
    const experiment = await tx.experiments.findByName(namespace.id, reference.name);
    if (experiment === undefined) throw missingExperiment(reference.name, namespace.name);
    return { kind: "experiment", namespace, experiment };
  }
  const experiment = await tx.experiments.get(reference.id);
  const namespace = await namespaceOf(tx, caller, experiment);
  if (experiment === undefined || namespace === undefined) throw missingId("experiment", reference.id);
  return { kind: "experiment", namespace, experiment };
}

export async function resolveCheckpoint(
  tx: MetadataReader,
  caller: Caller,
  reference: CheckpointReference,
): Promise<LocatedCheckpoint> {
  if (reference.type === "path") {
    const parent = await resolveExperiment(tx, caller, reference.experiment);
    return { ...parent, kind: "checkpoint", checkpoint: await checkpointIn(tx, parent, reference.name) };
  }
  const checkpoint = await tx.checkpoints.get(reference.id);
  const namespace = await namespaceOf(tx, caller, checkpoint);
  const experiment = checkpoint && (await tx.experiments.get(checkpoint.experimentId));
  if (checkpoint === undefined || namespace === undefined || experiment === undefined) {
    throw missingId("checkpoint", reference.id);
  }
  return { kind: "checkpoint", namespace, experiment, checkpoint };
}

export async function resolveModel(
  tx: MetadataReader,
  caller: Caller,
  reference: ChildReference,
): Promise<LocatedModel> {
  if (reference.type === "path") {
    const namespace = await resolveNamespace(tx, caller, reference.namespace);
    const model = await tx.models.findByName(namespace.id, reference.name);
    if (model === undefined) throw missingModel(reference.name, namespace.name);
    return { kind: "model", namespace, model };
  }
  const model = await tx.models.get(reference.id);
  const namespace = await namespaceOf(tx, caller, model);
  if (model === undefined || namespace === undefined) throw missingId("model", reference.id);
  return { kind: "model", namespace, model };
}

export async function resolveVersion(
  tx: MetadataReader,
  caller: Caller,
  reference: VersionReference,
): Promise<LocatedVersion> {
  if (reference.type === "path") {
    const parent = await resolveModel(tx, caller, reference.model);
    const byName = await tx.versions.findByName(parent.model.id, reference.version);
    const tagged = byName ? undefined : await tx.tags.current(parent.model.id, reference.version);
    const version = byName ?? (tagged && (await tx.versions.get(tagged.versionId)));
    if (version === undefined) {
      throw missingVersion(reference.version, `${parent.namespace.name}/${parent.model.name}`);
    }
    return { ...parent, kind: "version", version };
  }
  const version = await tx.versions.get(reference.id);
  const namespace = await namespaceOf(tx, caller, version);
  const model = version && (await tx.models.get(version.modelId));
  if (version === undefined || namespace === undefined || model === undefined) {
    throw missingId("version", reference.id);
  }
  return { kind: "version", namespace, model, version };
}

export async function resolveArtifact(
  tx: MetadataReader,
  caller: Caller,
  id: string,
): Promise<LocatedArtifact> {
  const artifact: Artifact | undefined = await tx.artifacts.get(id);
  const namespace = await namespaceOf(tx, caller, artifact);
  if (artifact === undefined || namespace === undefined) throw missingId("artifact", id);
  return { kind: "artifact", namespace, artifact };
}

export async function resolveObject(
  tx: MetadataReader,
  caller: Caller,
  object: ObjectReference,
): Promise<Located> {
  switch (object.kind) {
    case "namespace":
      return { kind: "namespace", namespace: await resolveNamespace(tx, caller, object.reference) };
    case "experiment":
      return resolveExperiment(tx, caller, object.reference);
    case "checkpoint":
      return resolveCheckpoint(tx, caller, object.reference);
    case "model":
      return resolveModel(tx, caller, object.reference);
    case "version":
      return resolveVersion(tx, caller, object.reference);
    case "artifact":
      return resolveArtifact(tx, caller, object.reference);
  }
}

async function checkpointIn(
  tx: MetadataReader,
  { namespace, experiment }: LocatedExperiment,
  name: string,
): Promise<LocatedCheckpoint["checkpoint"]> {
  const path = `${namespace.name}/${experiment.name}`;
  if (name === LATEST) {
    const latest = await tx.checkpoints.get(experiment.latestCheckpointId);
    if (latest === undefined) throw noCheckpointYet(path);
    return latest;
  }
  const found = await tx.checkpoints.findByName(experiment.id, name);
  if (found === undefined) throw missingCheckpoint(name, path);
  return found;
}

async function namespaceOf(
  tx: MetadataReader,
  caller: Caller,
  entity: { readonly namespaceId: string } | undefined,
): Promise<Namespace | undefined> {
  if (entity === undefined || !canRead(caller, entity.namespaceId)) return undefined;
  return tx.namespaces.get(entity.namespaceId);
}
