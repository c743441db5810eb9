import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ArtifactView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { fingerprintFiles, insertFiles, type FileSetInput } from "../blobs/commit.ts";
import { clash } from "../clash.ts";
import { commitWithFiles } from "../commit-with-files.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { recordObject } from "../record.ts";
import { idOf, pathOf, requireLabelled, type LocatedLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

export interface CommitArtifactInput {
  readonly object: ObjectReference;
  readonly name: string;
  readonly files: FileSetInput;
  readonly requestId: string;
}

export interface CommittedArtifact {
  readonly artifact: ArtifactView;
  readonly exists: boolean;
}

/** Commits files as an artifact of an object, or returns the one that was committed with the same files. */
export function commitArtifact(
  context: ServiceContext,
  caller: Caller,
  { requestId, files: fileSet, ...input }: CommitArtifactInput,
): Promise<CommittedArtifact> {
  const files = fingerprintFiles(fileSet.files);
  const call = { method: "CommitArtifact", requestId, request: { ...input, files } };
  return commitWithFiles<LocatedLabelled, CommittedArtifact>(context, caller, call, fileSet, {
    async locate(tx) {
      const located = requireLabelled(await resolveObject(tx, caller, input.object));
      requireWritable(caller, located.namespace);
      return located;
    },
    find: (tx, located) => findArtifact(tx, located, input.name, files),
    async create(mutation, located, prepared) {
      const artifact = await insertFiles(mutation, prepared, {
        namespaceId: located.namespace.id,
        objectKind: located.kind,
        objectId: idOf(located),
        name: input.name,
      });
      const view = { ...artifact, objectPath: pathOf(located) };
      await recordObject(mutation, "created", { type: "artifact", value: view });
      return { artifact: view, exists: false };
    },
  });
}

/** The artifact of that name if it has these files; throws "already_exists" when it has others. */
export async function findArtifact(
  tx: MetadataReader,
  located: LocatedLabelled,
  name: string,
  files: string,
): Promise<CommittedArtifact | undefined> {
  const found = await tx.artifacts.find(idOf(located), name);
  if (found === undefined) return undefined;
  if (found.fingerprint === files)
    return { artifact: { ...found, objectPath: pathOf(located) }, exists: true };
  throw clash("artifact", `${name}" of "${pathOf(located)}`, { files: found.fingerprint }, { files });
}
