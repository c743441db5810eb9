import type { Artifact, StoredFile } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { MAX_EARLIER_OBJECTS } from "./limits.ts";

/**
 * The file that this one follows: of the checkpoint before in the same experiment, or the version before of the same
 * model, the one with the same path in the artifact of the same name. Where each has only one file there, its path may
 * differ: many name the step in it.
 */
export async function previousFile(tx: MetadataReader, file: StoredFile): Promise<StoredFile | undefined> {
  const artifact = await tx.artifacts.get(file.artifactId);
  if (artifact === undefined) return undefined;
  for (const objectId of await earlierObjects(tx, artifact)) {
    const earlier = await tx.artifacts.find(objectId, artifact.name);
    if (earlier === undefined) continue;
    const same = await tx.artifacts.fileByPath(earlier.id, file.path);
    if (same !== undefined) return same;
    if (artifact.fileCount !== 1 || earlier.fileCount !== 1) continue;
    const [only] = await tx.artifacts.files(earlier.id, "", undefined, 1);
    if (only !== undefined) return only;
  }
  return undefined;
}

async function earlierObjects(
  tx: MetadataReader,
  { objectKind, objectId }: Artifact,
): Promise<readonly string[]> {
  const query = { orderBy: { field: "created_at", descending: true }, limit: MAX_EARLIER_OBJECTS };
  if (objectKind === "checkpoint") {
    const found = await tx.checkpoints.get(objectId);
    if (found === undefined) return [];
    const scope = { type: "parent", id: found.experimentId } as const;
    const after = { value: found.createdAt, id: found.id };
    return (await tx.checkpoints.list({ ...query, scope, after })).items.map(({ id }) => id);
  }
  if (objectKind === "version") {
    const found = await tx.versions.get(objectId);
    if (found === undefined) return [];
    const scope = { type: "parent", id: found.modelId } as const;
    const after = { value: found.createdAt, id: found.id };
    return (await tx.versions.list({ ...query, scope, after })).items.map(({ id }) => id);
  }
  return [];
}
