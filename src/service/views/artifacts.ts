import type { Artifact } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ArtifactView } from "../../domain/views.ts";
import { objectPaths } from "./paths.ts";
import { single } from "./single.ts";

/** Artifacts with the paths of their objects, in the same order; a fixed number of queries for all. */
export async function artifactViews(
  tx: MetadataReader,
  artifacts: readonly Artifact[],
): Promise<ArtifactView[]> {
  const paths = await objectPaths(
    tx,
    artifacts.map((one) => ({ kind: one.objectKind, id: one.objectId })),
  );
  return artifacts.map((one) => ({ ...one, objectPath: paths.get(one.objectId)?.path ?? "" }));
}

export async function artifactView(tx: MetadataReader, artifact: Artifact): Promise<ArtifactView> {
  return single(await artifactViews(tx, [artifact]));
}
