import type {
  Artifact,
  Checkpoint,
  Chunk,
  Event,
  Experiment,
  LabelledKind,
  Lease,
  Model,
  ModelVersion,
  Namespace,
  Pack,
  StoredFile,
  TagAssignment,
} from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataStore, ObjectKey } from "../../domain/metadata-store.ts";
import type { NewChange } from "../../domain/views.ts";

let lastTime = Date.UTC(2026, 0, 1) * 1000;

/** A time after all before, microseconds. */
export function nextTime(): number {
  lastTime += 1_000;
  return lastTime;
}

function versioned() {
  const now = nextTime();
  return { id: newId(), revision: 1, createdAt: now, updatedAt: now, fingerprint: digest(`${now}`) };
}

/** SHA-256 (hex) of a text. */
export function digest(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

export function aNamespace(fields: Partial<Namespace> = {}): Namespace {
  return {
    ...versioned(),
    name: `namespace-${nextTime()}`,
    owner: "ada@example.com",
    description: "",
    quotaBytes: null,
    ...fields,
  };
}

export function anExperiment(namespace: Namespace, fields: Partial<Experiment> = {}): Experiment {
  return {
    ...versioned(),
    namespaceId: namespace.id,
    name: `experiment-${nextTime()}`,
    owner: "ada@example.com",
    externalId: "",
    framework: "pytorch",
    description: "",
    latestCheckpointId: "",
    ...fields,
  };
}

export function aCheckpoint(experiment: Experiment, fields: Partial<Checkpoint> = {}): Checkpoint {
  return {
    ...versioned(),
    namespaceId: experiment.namespaceId,
    experimentId: experiment.id,
    name: `checkpoint-${nextTime()}`,
    step: 1n,
    epoch: undefined,
    ...fields,
  };
}

export function aModel(namespace: Namespace, fields: Partial<Model> = {}): Model {
  return {
    ...versioned(),
    namespaceId: namespace.id,
    name: `model-${nextTime()}`,
    owner: "ada@example.com",
    task: "lang-id",
    description: "",
    latestVersion: "",
    lastNumber: 0,
    ...fields,
  };
}

export function aVersion(model: Model, fields: Partial<ModelVersion> = {}): ModelVersion {
  return {
    ...versioned(),
    namespaceId: model.namespaceId,
    modelId: model.id,
    version: `v${nextTime()}`,
    name: "",
    description: "",
    framework: "pytorch",
    checkpointId: "",
    experimentId: "",
    ...fields,
  };
}

export function aTag(version: ModelVersion, fields: Partial<TagAssignment> = {}): TagAssignment {
  return {
    id: newId(),
    namespaceId: version.namespaceId,
    modelId: version.modelId,
    tag: "production",
    versionId: version.id,
    version: version.version,
    actor: "ada",
    setAt: nextTime(),
    unsetAt: undefined,
    ...fields,
  };
}

export function anArtifact(object: ObjectKey, fields: Partial<Artifact> = {}): Artifact {
  return {
    id: newId(),
    namespaceId: object.namespaceId,
    objectKind: object.kind,
    objectId: object.id,
    name: "default",
    fileCount: 0,
    sizeBytes: 0,
    createdAt: nextTime(),
    fingerprint: digest("artifact"),
    ...fields,
  };
}

export function aFile(artifact: Artifact, path: string, fields: Partial<StoredFile> = {}): StoredFile {
  return {
    id: newId(),
    namespaceId: artifact.namespaceId,
    artifactId: artifact.id,
    path,
    sizeBytes: 10,
    sha256: digest(path),
    claimedSha256: digest(path),
    digestState: "verified",
    uri: "",
    ...fields,
  };
}

export function aChunk(content: string, fields: Partial<Chunk> = {}): Chunk {
  const sha256 = digest(content);
  return {
    digest: sha256,
    sizeBytes: 10,
    generation: newId(),
    objectKey: `chunks/${sha256}`,
    objectOffset: 0,
    storedBytes: 10,
    encoding: "raw",
    baseDigest: "",
    chainDepth: 0,
    state: "stored",
    durable: false,
    createdAt: nextTime(),
    packId: "",
    namespaceId: "",
    ...fields,
  };
}

export function aPack(): Pack {
  const id = newId();
  return { id, objectKey: `packs/${id}`, sizeBytes: 1_000, createdAt: nextTime() };
}

export function aLease(object: ObjectKey, fields: Partial<Lease> = {}): Lease {
  const now = nextTime();
  return {
    id: newId(),
    kind: "run",
    objectKind: object.kind,
    objectId: object.id,
    namespaceId: object.namespaceId,
    holder: "trainer-1",
    fencingNumber: 1,
    ttlMs: 60_000,
    createdAt: now,
    expiresAt: now + 60_000_000,
    endedAt: undefined,
    previousWriter: 0,
    hasWritten: false,
    reservedBytes: 0,
    ...fields,
  };
}

export function anEvent(object: ObjectKey, fields: Partial<Event> = {}): Event {
  return {
    id: newId(),
    namespaceId: object.namespaceId,
    objectKind: object.kind,
    objectId: object.id,
    name: "deployed",
    source: "ci",
    time: nextTime(),
    data: {},
    ...fields,
  };
}

export function aChange(namespace: Namespace, fields: Partial<NewChange> = {}): NewChange {
  return {
    namespaceId: namespace.id,
    kind: "namespace",
    objectId: namespace.id,
    objectPath: namespace.name,
    action: "updated",
    actor: "ada",
    time: nextTime(),
    state: { type: "namespace", value: { ...namespace, labels: {} } },
    ...fields,
  };
}

/** The key of an object for labels, metrics and events. */
export function keyOf(
  kind: LabelledKind,
  object: {
    readonly id: string;
    readonly namespaceId?: string;
    readonly modelId?: string;
    readonly experimentId?: string;
  },
): ObjectKey {
  if (kind === "namespace") return { kind, id: object.id, namespaceId: object.id, parentId: "" };
  const namespaceId = object.namespaceId ?? "";
  const parents = {
    experiment: namespaceId,
    model: namespaceId,
    checkpoint: object.experimentId,
    version: object.modelId,
  };
  return { kind, id: object.id, namespaceId, parentId: parents[kind] ?? "" };
}

/** A namespace with an experiment, a checkpoint, a model and a version. */
export async function aWorld(store: MetadataStore) {
  const namespace = aNamespace();
  const experiment = anExperiment(namespace);
  const checkpoint = aCheckpoint(experiment);
  const model = aModel(namespace);
  const version = aVersion(model);
  await store.write(async (tx) => {
    await tx.namespaces.insert(namespace);
    await tx.experiments.insert(experiment);
    await tx.checkpoints.insert(checkpoint);
    await tx.models.insert(model);
    await tx.versions.insert(version);
  });
  return { namespace, experiment, checkpoint, model, version };
}
