import type { TagAssignment } from "../../domain/entities.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../../domain/limits.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { canonicalText } from "../fingerprint.ts";
import { decodePageToken, encodePageToken, isListCursor, pageLimit } from "../paging.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveModel } from "../references/resolve.ts";

export interface ListTagHistoryInput {
  readonly model: ChildReference;
  /** Undefined for all tags. */
  readonly tag: string | undefined;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Who carried a tag and when, newest first. */
export function listTagHistory(
  context: ServiceContext,
  caller: Caller,
  { model: reference, tag, pageSize, pageToken }: ListTagHistoryInput,
): Promise<{ assignments: readonly TagAssignment[]; nextPageToken: string }> {
  return context.metadata.read(async (tx) => {
    const { model } = await resolveModel(tx, caller, reference);
    const query = canonicalText(["ListTagHistory", model.id, tag ?? null]);
    const limit = pageLimit(pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
    const page = await tx.tags.history(model.id, tag, limit, decodePageToken(query, pageToken, isListCursor));
    return {
      assignments: page.items,
      nextPageToken: page.next === undefined ? "" : encodePageToken(query, page.next),
    };
  });
}
