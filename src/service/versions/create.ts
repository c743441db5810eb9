import type { Labels, MetricValue } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { fingerprintFiles, type FileSetInput } from "../blobs/commit.ts";
import { clash } from "../clash.ts";
import { commitWithFiles } from "../commit-with-files.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { LocatedCheckpoint, LocatedExperiment, LocatedModel } from "../references/located.ts";
import type { CheckpointReference, ChildReference } from "../references/parse.ts";
import { resolveCheckpoint, resolveExperiment, resolveModel } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";
import { addVersion } from "./add.ts";

export interface CreateModelVersionInput {
  readonly model: ChildReference;
  /** "" for the next whole number. */
  readonly version: string;
  readonly name: string;
  readonly description: string;
  readonly framework: string;
  readonly checkpoint: CheckpointReference | undefined;
  /** Undefined for that of the checkpoint. */
  readonly experiment: ChildReference | undefined;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Undefined for the files of the checkpoint, or none. */
  readonly files: FileSetInput | undefined;
  readonly requestId: string;
}

export interface CreatedVersion {
  readonly version: VersionView;
  readonly exists: boolean;
}

/** Where a version goes and where it comes from. */
export interface VersionPlace extends LocatedModel {
  readonly checkpoint: LocatedCheckpoint | undefined;
  readonly experiment: LocatedExperiment | undefined;
}

/** Commits a version with its files, metrics and tags, or returns the one that was committed with the same. */
export function createModelVersion(
  context: ServiceContext,
  caller: Caller,
  { requestId, files: fileSet, ...input }: CreateModelVersionInput,
): Promise<CreatedVersion> {
  const files = fileSet && fingerprintFiles(fileSet.files);
  const tags = [...new Set(input.tags)].toSorted();
  const call = { method: "CreateModelVersion", requestId, request: { ...input, tags, files } };
  const { name, description, framework, labels, metrics } = input;
  const fieldsAt = (place: VersionPlace) => ({
    name,
    description,
    framework,
    checkpointId: place.checkpoint?.checkpoint.id ?? "",
    experimentId: place.experiment?.experiment.id ?? "",
    tags,
    labels,
    metrics,
    files,
  });
  return commitWithFiles<VersionPlace, CreatedVersion>(context, caller, call, fileSet, {
    locate: (tx) => locate(tx, caller, input),
    async find(tx, place) {
      const found =
        input.version === "" ? undefined : await tx.versions.findByName(place.model.id, input.version);
      if (found === undefined) return undefined;
      const { namespace, model } = place;
      const view = await versionView(tx, { kind: "version", namespace, model, version: found });
      const wanted = fieldsAt(place);
      if (found.fingerprint === fingerprintOf(wanted)) return { version: view, exists: true };
      const has = {
        ...view,
        tags: view.tags.map((one) => one.tag).toSorted(),
        files: view.artifact.fingerprint,
      };
      throw clash("version", view.path, has, wanted);
    },
    async create(mutation, place, prepared) {
      const fields = fieldsAt(place);
      const wanted = { ...fields, version: input.version, fingerprint: fingerprintOf(fields) };
      return { version: await addVersion(mutation, place, wanted, prepared), exists: false };
    },
  });
}

async function locate(
  tx: MetadataReader,
  caller: Caller,
  input: Pick<CreateModelVersionInput, "model" | "checkpoint" | "experiment">,
): Promise<VersionPlace> {
  const located = await resolveModel(tx, caller, input.model);
  requireWritable(caller, located.namespace);
  const checkpoint = input.checkpoint && (await resolveCheckpoint(tx, caller, input.checkpoint));
  const experiment = input.experiment && (await resolveExperiment(tx, caller, input.experiment));
  const parent: LocatedExperiment | undefined = checkpoint && { ...checkpoint, kind: "experiment" };
  return { ...located, checkpoint, experiment: experiment ?? parent };
}
