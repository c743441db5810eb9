import { DigestState, type Artifact, type File } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { formatBytes, formatBytesExactly, formatTimeExactly } from "../output/format.ts";
import type { ListView, View } from "../output/output.ts";
import { kindName } from "./kind.ts";
import { createdColumn, idColumn } from "./parts.ts";

/** A set of files on an object. */
export const artifactView: View<Artifact> = {
  noun: "artifact",
  plural: "artifacts",
  id: (artifact) => artifact.id,
  title: (artifact) => `${artifact.name} of ${objectOf(artifact)}`,
  columns: [
    { header: "ARTIFACT", value: (artifact) => artifact.name },
    { header: "OBJECT", value: objectOf },
    { header: "FILES", value: (artifact) => String(artifact.fileCount), align: "right" },
    { header: "SIZE", value: (artifact) => formatBytes(artifact.sizeBytes), align: "right" },
    createdColumn(),
    // Artifacts have no path, so that the id is never left out.
    { ...idColumn(), optional: false },
  ],
  details: (artifact) => [
    ["id", artifact.id],
    ["name", artifact.name],
    ["object", objectOf(artifact)],
    ["files", String(artifact.fileCount)],
    ["size", formatBytesExactly(artifact.sizeBytes)],
    ["created", formatTimeExactly(artifact.createdAt)],
  ],
};

/** The files of an artifact. */
export const fileView: ListView<File> = {
  plural: "files",
  id: (file) => file.id,
  columns: [
    { header: "FILE", value: (file) => file.path },
    { header: "SIZE", value: (file) => formatBytes(file.sizeBytes), align: "right" },
    { header: "SHA-256", value: digestOf, optional: true },
    { header: "URI", value: (file) => file.uri, optional: true },
    idColumn(),
  ],
};

/** The digest, or why there is none yet. */
export function digestOf(file: File): string {
  switch (file.digestState) {
    case DigestState.PENDING:
      return "being verified";
    case DigestState.MISMATCH:
      return `${file.sha256} (not what the client said)`;
    case DigestState.UNCHECKED:
      return file.sha256 === "" ? "" : `${file.sha256} (unchecked)`;
    default:
      return file.sha256;
  }
}

function objectOf(artifact: Artifact): string {
  return `${kindName(artifact.objectKind)}:${artifact.objectPath || artifact.objectId}`;
}
