import type { Artifact, StoredFile } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { requireWritable } from "../access.ts";
import { findArtifact, type CommittedArtifact } from "../artifacts/commit.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { mutate } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { idOf, pathOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";
import { requirePaths } from "./file-set.ts";

/** A file that stays at an outside address; its strings were checked at the edge. */
export interface TrackedFileInput {
  readonly path: string;
  readonly uri: string;
  readonly sizeBytes: number | undefined;
  /** "" when it is not known. */
  readonly sha256: string;
}

export interface TrackArtifactInput {
  readonly object: ObjectReference;
  readonly name: string;
  readonly files: readonly TrackedFileInput[];
  readonly requestId: string;
}

const UNKNOWN_SIZE = -1;

/** Records files that stay where they are, or returns the artifact that was recorded with the same ones. */
export function trackArtifact(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: TrackArtifactInput,
): Promise<CommittedArtifact> {
  requirePaths(input.files, "files");
  const call = { method: "TrackArtifact", requestId, request: input };
  const fingerprint = fingerprintOf(input.files.toSorted((left, right) => (left.path < right.path ? -1 : 1)));
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = requireLabelled(await resolveObject(tx, caller, input.object));
    requireWritable(caller, located.namespace);
    const found = await findArtifact(tx, located, input.name, fingerprint);
    if (found !== undefined) return found;
    const artifact: Artifact = {
      id: newId(),
      namespaceId: located.namespace.id,
      objectKind: located.kind,
      objectId: idOf(located),
      name: input.name,
      fileCount: input.files.length,
      sizeBytes: input.files.reduce((sum, file) => sum + (file.sizeBytes ?? 0), 0),
      createdAt: now,
      fingerprint,
    };
    await tx.artifacts.insert(
      artifact,
      input.files.map((file) => ({ file: trackedFile(artifact, file), chunks: [] })),
    );
    const view = { ...artifact, objectPath: pathOf(located) };
    await recordObject(mutation, "created", { type: "artifact", value: view });
    return { artifact: view, exists: false };
  });
}

function trackedFile(
  { id, namespaceId }: Artifact,
  { path, uri, sizeBytes, sha256 }: TrackedFileInput,
): StoredFile {
  return {
    id: newId(),
    namespaceId,
    artifactId: id,
    path,
    sizeBytes: sizeBytes ?? UNKNOWN_SIZE,
    sha256,
    claimedSha256: sha256,
    digestState: "unchecked",
    uri,
  };
}
