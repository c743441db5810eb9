import type { FileChunk, StoredFile } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import {
  DEFAULT_CHUNK_PAGE_SIZE,
  DEFAULT_PAGE_SIZE,
  MAX_CHUNK_PAGE_SIZE,
  MAX_PAGE_SIZE,
} from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { canonicalText } from "../fingerprint.ts";
import { decodePageToken, encodePageToken, pageLimit } from "../paging.ts";
import { idOf } from "../references/located.ts";
import { missingFile } from "../references/missing.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveArtifact, resolveObject } from "../references/resolve.ts";
import { single } from "../views/single.ts";

export interface ListFilesInput {
  /** An artifact, or a checkpoint or version whose default artifact is meant. */
  readonly object: ObjectReference;
  /** A file or folder; "" for all. */
  readonly pathPrefix: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Files of an artifact in the order of their paths. */
export function listFiles(
  context: ServiceContext,
  caller: Caller,
  { object, pathPrefix, pageSize, pageToken }: ListFilesInput,
): Promise<{ files: readonly StoredFile[]; nextPageToken: string }> {
  return context.metadata.read(async (tx) => {
    const artifactId = await artifactOf(tx, caller, object);
    const query = canonicalText(["ListFiles", artifactId, pathPrefix]);
    const after = decodePageToken(query, pageToken, (position) => typeof position === "string");
    const limit = pageLimit(pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
    // One more than a page, to know whether there is another.
    const found = await tx.artifacts.files(artifactId, pathPrefix, after, limit + 1);
    const files = found.slice(0, limit);
    const last = files.at(-1);
    const more = found.length > limit && last !== undefined;
    return { files, nextPageToken: more ? encodePageToken(query, last.path) : "" };
  });
}

/** Chunks of a file in order, and where the first of the page begins. */
export function listFileChunks(
  context: ServiceContext,
  caller: Caller,
  input: { readonly file: string; readonly pageSize: number; readonly pageToken: string },
): Promise<{ chunks: readonly FileChunk[]; offsetBytes: number; nextPageToken: string }> {
  return context.metadata.read(async (tx) => {
    const file = await tx.artifacts.file(input.file);
    if (file === undefined || !canRead(caller, file.namespaceId)) throw missingFile(input.file);
    const query = canonicalText(["ListFileChunks", file.id]);
    const from = decodePageToken(query, input.pageToken, (position) => typeof position === "number") ?? 0;
    const limit = pageLimit(input.pageSize, DEFAULT_CHUNK_PAGE_SIZE, MAX_CHUNK_PAGE_SIZE);
    const chunks = await tx.artifacts.fileChunks(file.id, from, limit);
    const last = chunks.at(-1);
    const end = last === undefined ? from : last.offsetBytes + last.sizeBytes;
    return {
      chunks,
      offsetBytes: chunks[0]?.offsetBytes ?? from,
      nextPageToken: end < file.sizeBytes && last !== undefined ? encodePageToken(query, end) : "",
    };
  });
}

async function artifactOf(tx: MetadataReader, caller: Caller, object: ObjectReference): Promise<string> {
  if (object.kind === "artifact") return (await resolveArtifact(tx, caller, object.reference)).artifact.id;
  if (object.kind !== "checkpoint" && object.kind !== "version") {
    throw invalid("object", "must be a checkpoint or version; for files of other objects name the artifact");
  }
  const objectId = idOf(await resolveObject(tx, caller, object));
  return single(await tx.artifacts.defaults([objectId])).id;
}
