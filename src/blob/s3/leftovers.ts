import { problemOf } from "./errors.ts";
import type { ObjectNames } from "./object-names.ts";
import type { S3Requests } from "./requests.ts";

/** A younger upload may belong to another server. */
const MIN_AGE_MS = 24 * 3_600_000;

/**
 * Aborts multipart uploads whose writers are gone, and discards what clients put themselves and never had accepted: both
 * are invisible, and cost money.
 */
export async function removeLeftovers(requests: S3Requests, names: ObjectNames): Promise<void> {
  await discardStaged(requests, names, MIN_AGE_MS);
  try {
    for (const { name, id, begunAt } of await requests.uploads(names.prefix)) {
      if (names.keyOf(name) === undefined || Date.now() - begunAt.getTime() < MIN_AGE_MS) continue;
      await requests.abortUpload(name, id);
    }
  } catch (error) {
    // Some stores have no such list, or don't show it to everybody; what writers cancel is aborted all the same.
    const problem = problemOf(error);
    if (problem !== "forbidden" && problem !== "absent_upload" && problem !== "other") throw error;
  }
}

/** Discards what clients put themselves longer ago than this; returns how many. */
export async function discardStaged(
  requests: S3Requests,
  names: ObjectNames,
  ageMs: number,
  signal?: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let token = "", isLast = false; !isLast && signal?.aborted !== true;) {
    const page = await requests.list(names.staging, token);
    for (const { name, modifiedAt } of page.objects) {
      if (Date.now() - modifiedAt.getTime() < ageMs) continue;
      await requests.delete(name);
      count += 1;
    }
    token = page.next;
    isLast = token === "";
  }
  return count;
}
