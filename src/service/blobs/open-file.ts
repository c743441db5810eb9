import type { StoredFile } from "../../domain/entities.ts";
import { failedPrecondition, invalid, notFound } from "../../domain/errors.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { idOf, type Located } from "../references/located.ts";
import { missingFile } from "../references/missing.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

/** Names a stored file. */
export type FileReference =
  | { readonly type: "id"; readonly id: string }
  | {
      readonly type: "path";
      readonly object: ObjectReference;
      /** Undefined for the default artifact of a checkpoint or version. */
      readonly artifact: string | undefined;
      readonly path: string;
    };

/** The file, if the caller may read it and its bytes are here. */
export function findStoredFile(
  context: ServiceContext,
  caller: Caller,
  reference: FileReference,
): Promise<StoredFile> {
  return context.metadata.read(async (tx) => {
    const file =
      reference.type === "id" ? await tx.artifacts.file(reference.id) : await byPath(tx, caller, reference);
    const name = reference.type === "id" ? reference.id : reference.path;
    if (file === undefined || !canRead(caller, file.namespaceId)) throw missingFile(name);
    requireStored(file);
    return file;
  });
}

/** Throws unless the file's bytes are here. */
export function requireStored({ path, uri }: StoredFile): void {
  if (uri === "") return;
  throw failedPrecondition("FILE_IS_OUTSIDE", `ModelBox only tracks "${path}"; its bytes are at ${uri}.`, {
    uri,
  });
}

async function byPath(
  tx: MetadataReader,
  caller: Caller,
  reference: FileReference & { readonly type: "path" },
): Promise<StoredFile | undefined> {
  const located = await resolveObject(tx, caller, reference.object);
  return tx.artifacts.fileByPath(await artifactOf(tx, located, reference.artifact), reference.path);
}

async function artifactOf(tx: MetadataReader, located: Located, name: string | undefined): Promise<string> {
  if (located.kind === "artifact") return located.artifact.id;
  if (name !== undefined) {
    const artifact = await tx.artifacts.find(idOf(located), name);
    if (artifact === undefined) throw notFound("artifact", name);
    return artifact.id;
  }
  const [artifact] = await tx.artifacts.defaults([idOf(located)]);
  if (artifact === undefined) {
    throw invalid("artifact", `must name an artifact: a ${located.kind} has no files of its own`);
  }
  return artifact.id;
}
