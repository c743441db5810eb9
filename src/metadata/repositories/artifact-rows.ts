import type { Artifact } from "../../domain/entities.ts";
import type { Tables } from "../tables.ts";

export type ArtifactRow = Tables["artifacts"]["$inferSelect"];

/** The artifact of a row. */
export function artifactOf(row: ArtifactRow): Artifact {
  const { fileSetId: _fileSetId, objectKind, ...rest } = row;
  return { ...rest, objectKind: objectKind as Artifact["objectKind"] };
}
