import type { ObjectKind } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_BYTES, MAX_PAGE_SIZE } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { Change } from "../../domain/views.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { canonicalText } from "../fingerprint.ts";
import { decodePageToken, encodePageToken, pageLimit } from "../paging.ts";
import { roughBytes } from "../rough-bytes.ts";
import { missingNamespace } from "../references/missing.ts";
import { findNamespace } from "../references/resolve.ts";

/** Changes that are read at once: each holds the state of an object, which can be large. */
export const CHANGE_BATCH = 64;

export interface ListChangesInput {
  /** Id or name; a deleted namespace by its id. */
  readonly namespace: string;
  readonly afterSequence: number;
  /** Empty for all. */
  readonly kinds: readonly ObjectKind[];
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface ListedChanges {
  readonly changes: readonly Change[];
  readonly nextPageToken: string;
  readonly lastSequence: number;
}

/** A page of a namespace's changes, in order. */
export function listChanges(
  context: ServiceContext,
  caller: Caller,
  { namespace, afterSequence, kinds, pageSize, pageToken }: ListChangesInput,
): Promise<ListedChanges> {
  return context.metadata.read(async (tx) => {
    const id = await logOf(tx, caller, namespace);
    const query = canonicalText(["ListChanges", id, afterSequence, kinds]);
    const after = decodePageToken(query, pageToken, isSequence) ?? afterSequence;
    const limit = pageLimit(pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
    const changes = await readChanges(tx, id, after, kinds, limit);
    const lastSequence = await tx.changes.lastSequence(id);
    const last = changes.at(-1)?.sequence ?? after;
    const [following] = last < lastSequence ? await tx.changes.list(id, last, kinds, 1) : [];
    return {
      changes,
      nextPageToken: following === undefined ? "" : encodePageToken(query, last),
      lastSequence,
    };
  });
}

/** Up to `limit` changes; fewer when they get larger than a page may be, and at least one. */
async function readChanges(
  tx: MetadataReader,
  namespaceId: string,
  after: number,
  kinds: readonly ObjectKind[],
  limit: number,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  let bytes = 0;
  for (;;) {
    const wanted = Math.min(CHANGE_BATCH, limit - changes.length);
    const found = await tx.changes.list(namespaceId, changes.at(-1)?.sequence ?? after, kinds, wanted);
    for (const change of found) {
      bytes += roughBytes(change);
      if (bytes > MAX_PAGE_BYTES && changes.length > 0) return changes;
      changes.push(change);
    }
    if (found.length < wanted || changes.length === limit) return changes;
  }
}

/** Id of the namespace whose log is meant. The log of a deleted namespace stays, under the id. */
export async function logOf(tx: MetadataReader, caller: Caller, reference: string): Promise<string> {
  const found = await findNamespace(tx, caller, reference);
  if (found !== undefined) return found.id;
  const deleted =
    isId(reference) && canRead(caller, reference) && (await tx.changes.lastSequence(reference)) > 0;
  if (!deleted) throw missingNamespace(reference);
  return reference;
}

function isSequence(position: unknown): position is number {
  return typeof position === "number" && Number.isSafeInteger(position) && position >= 0;
}
