import { problemOf } from "./errors.ts";
import type { ObjectNames } from "./object-names.ts";
import type { S3Requests } from "./requests.ts";

/** A younger upload may belong to another server. */
const MIN_AGE_MS = 24 * 3_600_000;

/** Aborts multipart uploads whose writers are gone: their parts are invisible, and cost money. */
export async function removeLeftovers(requests: S3Requests, names: ObjectNames): Promise<void> {
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
