import {
  DEFAULT_ARTIFACT,
  type Artifact,
  type Labels,
  type MetricValue,
  type ModelVersion,
} from "../../domain/entities.ts";
import { failedPrecondition, invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import { insertFiles, type PreparedFiles } from "../blobs/commit.ts";
import { nextRevision } from "../etag.ts";
import { insertLabels } from "../labels/insert.ts";
import { linkVersion } from "../lineage/automatic.ts";
import { requireRoomForStored } from "../quotas.ts";
import { initialPoints } from "../metrics/initial.ts";
import type { Mutation } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { keyOf, pathOf, type LocatedModel } from "../references/located.ts";
import { assignTag, requireNoTag, requireNoVersion } from "../tags/assignments.ts";
import { versionView } from "../views/versions.ts";
import type { VersionPlace } from "./create.ts";

/** The fields of a version that does not exist yet. */
export interface NewVersion extends Pick<
  ModelVersion,
  "version" | "name" | "description" | "framework" | "checkpointId" | "experimentId" | "fingerprint"
> {
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Fingerprint of the files that were sent; undefined when the version has those of its checkpoint. */
  readonly files: string | undefined;
}

/** Stores a version with all that belongs to it; without a version string it gets the next whole number. */
export async function addVersion(
  mutation: Mutation,
  place: VersionPlace,
  { tags, labels, metrics, files: sentFiles, ...fields }: NewVersion,
  files: PreparedFiles | undefined,
): Promise<VersionView> {
  const { tx, now } = mutation;
  const { namespace, model } = place;
  const name = fields.version === "" ? await nextNumber(tx, place, tags) : fields.version;
  await requireNoTag(tx, place, name);
  for (const tag of tags) {
    await requireNoVersion(tx, place, tag);
    if (tag === name) throw invalid("tags", `must not contain the version "${name}" itself`);
  }
  const version: ModelVersion = {
    ...fields,
    id: newId(),
    namespaceId: namespace.id,
    modelId: model.id,
    version: name,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const located = { kind: "version", namespace, model, version } as const;
  await tx.versions.insert(version);
  const owner = {
    namespaceId: namespace.id,
    objectKind: "version",
    objectId: version.id,
    name: DEFAULT_ARTIFACT,
  } as const;
  if (sentFiles === undefined && place.checkpoint !== undefined) {
    await copyFiles(mutation, place.checkpoint.checkpoint.id, owner);
  } else {
    await insertFiles(mutation, files, owner);
  }
  await insertLabels(tx, located, labels);
  const points = initialPoints(metrics, 0n, now);
  if (points.length > 0) await tx.metrics.log(keyOf(located), points);
  await linkVersion(mutation, located, place);
  const lastNumber = Math.max(model.lastNumber, numberOf(name) ?? 0);
  await tx.models.update(nextRevision(model, { latestVersion: name, lastNumber }, now));
  const created = await versionView(tx, located);
  await recordObject(mutation, "created", { type: "version", value: created });
  if (tags.length === 0) return created;
  for (const tag of tags) await assignTag(mutation, located, tag);
  return versionView(tx, located);
}

/** Gives the version the files of its checkpoint, by reference. */
async function copyFiles(
  mutation: Mutation,
  checkpointId: string,
  owner: Pick<Artifact, "namespaceId" | "objectKind" | "objectId" | "name">,
): Promise<void> {
  const { tx, now } = mutation;
  const [source] = await tx.artifacts.defaults([checkpointId]);
  if (source === undefined) throw new Error(`the checkpoint ${checkpointId} has no default artifact`);
  await tx.artifacts.copy(source.id, { ...source, ...owner, id: newId(), createdAt: now });
  // In its own namespace the files are the same ones; in another they count again.
  if (source.namespaceId !== owner.namespaceId)
    await requireRoomForStored(mutation, owner.namespaceId, source.sizeBytes, undefined);
}

/** A version as a number, when it is a whole one without leading zeros that a double holds exactly. */
function numberOf(version: string): number | undefined {
  const number = /^(0|[1-9][0-9]{0,15})$/.test(version) ? Number(version) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The highest whole number there ever was plus one, past those that are tags. */
async function nextNumber(tx: MetadataReader, place: LocatedModel, tags: readonly string[]): Promise<string> {
  let number = place.model.lastNumber + 1;
  // Ends: a model has no more tags than versions, and each is passed once.
  while (
    tags.includes(String(number)) ||
    (await tx.tags.current(place.model.id, String(number))) !== undefined
  ) {
    number += 1;
  }
  if (Number.isSafeInteger(number)) return String(number);
  throw failedPrecondition(
    "NO_NEXT_VERSION",
    `Model "${pathOf(place)}" has no next whole number; name the version.`,
  );
}
