import { DEFAULT_ARTIFACT, type Artifact, type ObjectKind } from "../../domain/entities.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../../domain/limits.ts";
import type { ListCursor, MetadataReader } from "../../domain/metadata-store.ts";
import type { ObjectUsage } from "../../domain/storage-report.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { canonicalText } from "../fingerprint.ts";
import { decodePageToken, encodePageToken, isListCursor, pageLimit } from "../paging.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { objectPaths } from "../views/paths.ts";
import type { StorageSurveys } from "./survey.ts";
import { namespaceStorage, type NamespaceStorage } from "./namespaces.ts";

/** A page ends early once it has taken so long; one object alone may take longer. */
const PAGE_MS = 1_000;
/** Artifacts that are read at once. */
const ARTIFACTS_PER_STEP = 100;
const ORDER = { field: "created_at", descending: false };

/** What the files of an object take. */
export interface ObjectStorage extends ObjectUsage {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly path: string;
}

/** What the objects of a namespace take that have artifacts, in the order of their first ones. */
export async function listObjectStorage(
  context: ServiceContext,
  surveys: StorageSurveys,
  caller: Caller,
  input: { readonly namespace: string; readonly pageSize: number; readonly pageToken: string },
): Promise<{
  readonly items: readonly ObjectStorage[];
  readonly nextPageToken: string;
  readonly namespace: NamespaceStorage;
}> {
  const namespace = await namespaceStorage(context, surveys, caller, input.namespace);
  const { id } = namespace.namespace;
  const query = canonicalText(["ListObjectStorage", id]);
  const limit = pageLimit(input.pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
  const begin = decodePageToken(query, input.pageToken, isListCursor);
  return context.metadata.read(async (tx) => {
    await resolveNamespace(tx, caller, id);
    const { found, next } = await page(tx, id, begin, limit);
    const paths = await objectPaths(tx, found);
    const items = found.map((one) => ({ ...one, path: paths.get(one.id)?.path ?? "" }));
    return { items, nextPageToken: next === undefined ? "" : encodePageToken(query, next), namespace };
  });
}

type Found = Omit<ObjectStorage, "path">;

/** Measures objects until there are enough of them, or time is spent. */
async function page(
  tx: MetadataReader,
  namespaceId: string,
  begin: ListCursor | undefined,
  limit: number,
): Promise<{ readonly found: readonly Found[]; readonly next: ListCursor | undefined }> {
  const endMs = performance.now() + PAGE_MS;
  const found: Found[] = [];
  let after = begin;
  for (;;) {
    const scope = { type: "namespace", id: namespaceId } as const;
    const step = await tx.artifacts.list({ scope, orderBy: ORDER, limit: ARTIFACTS_PER_STEP, after });
    for (const artifact of step.items) {
      if (found.length === limit || performance.now() > endMs) return { found, next: after };
      if (await isFirst(tx, artifact)) {
        const { objectKind: kind, objectId } = artifact;
        found.push({ kind, id: objectId, ...(await tx.storage.ofObject(objectId)) });
      }
      after = { value: artifact.createdAt, id: artifact.id };
    }
    if (step.next === undefined) return { found, next: undefined };
  }
}

/** Whether an artifact stands for its object: checkpoints and versions have one from the beginning. */
async function isFirst(tx: MetadataReader, artifact: Artifact): Promise<boolean> {
  const { objectKind, objectId, name } = artifact;
  if (objectKind === "checkpoint" || objectKind === "version") return name === DEFAULT_ARTIFACT;
  const scope = { type: "parent", id: objectId } as const;
  const { items } = await tx.artifacts.list({ scope, orderBy: ORDER, limit: 1 });
  return items[0]?.id === artifact.id;
}
