import { DEFAULT_ARTIFACT } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { everyPage } from "./every-page.ts";
import type { Removal } from "./removal.ts";

/** Whether an object has artifacts besides the one that was committed with it. */
export async function hasAddedArtifacts(tx: MetadataReader, objectId: string): Promise<boolean> {
  const orderBy = { field: "created_at", descending: false };
  const page = await tx.artifacts.list({ scope: { type: "parent", id: objectId }, orderBy, limit: 2 });
  return page.items.some((one) => one.name !== DEFAULT_ARTIFACT);
}

/** Stores the change rows of the artifacts that go with their object; the default one is part of the object's own. */
export async function recordAddedArtifacts(
  removal: Removal,
  object: { readonly id: string; readonly path: string },
): Promise<void> {
  const { tx } = removal.mutation;
  for await (const page of everyPage((query) => tx.artifacts.list(query), {
    type: "parent",
    id: object.id,
  })) {
    for (const artifact of page) {
      if (artifact.name === DEFAULT_ARTIFACT) continue;
      await removal.deleted({ type: "artifact", value: { ...artifact, objectPath: object.path } });
    }
  }
}
