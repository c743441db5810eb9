import type { ListedObject } from "../../domain/blob-store.ts";
import type { Sum } from "../../domain/background-work.ts";
import { CHUNK_PREFIX, PACK_PREFIX } from "../../domain/object-keys.ts";
import type { ServiceContext } from "../context.ts";
import { deleteObjects, type Undeleted } from "./delete-objects.ts";
import { CLOCK_SLACK_MS, MAX_UNDELETED, OBJECTS_PER_LOOKUP, ORPHAN_GRACE_MS } from "./limits.ts";
import { NOTHING, plus } from "./tally.ts";

export interface OrphanOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly undeleted: Undeleted;
  /** Called after each lookup. */
  readonly onPage: () => Promise<void>;
}

/**
 * When the oldest namespace was made; undefined without any. Objects are stored under namespaces: those from before are not
 * this database's, and somebody may have started a server with a new database on a store that is in use.
 */
async function beginningOf({ metadata }: ServiceContext): Promise<number | undefined> {
  const orderBy = { field: "created_at", descending: false };
  const { items } = await metadata.read((tx) =>
    tx.namespaces.list({ scope: { type: "all" }, orderBy, limit: 1 }),
  );
  return items[0]?.createdAt;
}

/**
 * Deletes objects that were stored and never got a row: their process died in between. An object is stored just before
 * its row, so one that has been there for long and has none will never get one.
 */
export async function deleteOrphans(
  context: ServiceContext,
  { dryRun, signal, undeleted, onPage }: OrphanOptions,
): Promise<Sum> {
  let sum = NOTHING;
  for (const prefix of [CHUNK_PREFIX, PACK_PREFIX]) {
    for await (const objects of oldObjects(context, prefix, signal)) {
      const named = await context.metadata.read((tx) =>
        tx.garbage.namedObjects(objects.map(({ key }) => key)),
      );
      let orphans = objects.filter(({ key }) => !named.has(key));
      if (!dryRun) {
        const keys = orphans.map(({ key }) => key);
        await deleteObjects(context.blobs, keys, undeleted);
        orphans = orphans.filter(({ key }) => !undeleted.has(key));
      }
      sum = plus(sum, {
        count: orphans.length,
        bytes: orphans.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
      });
      await onPage();
      if (undeleted.count >= MAX_UNDELETED) return sum;
    }
  }
  return sum;
}

async function* oldObjects(
  context: ServiceContext,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<readonly ListedObject[]> {
  const { blobs, clock } = context;
  const beginning = await beginningOf(context);
  if (beginning === undefined) return;
  let page: ListedObject[] = [];
  for await (const object of blobs.list(prefix)) {
    if (signal.aborted) return;
    if (object.modifiedAt < beginning - CLOCK_SLACK_MS * 1000) continue;
    if (object.modifiedAt >= clock.nowMicros() - ORPHAN_GRACE_MS * 1000) continue;
    page.push(object);
    if (page.length < OBJECTS_PER_LOOKUP) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
