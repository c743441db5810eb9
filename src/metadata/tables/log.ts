import type { ColumnKit } from "../kits/sqlite.ts";
import { MAX_REQUEST_ID_LENGTH } from "../../domain/limits.ts";
import { KIND_LENGTH, ACTOR_LENGTH } from "./lengths.ts";

const METHOD_LENGTH = 128;

/** What happened: changes, and the answers that are remembered. */
export function logTables(kit: ColumnKit) {
  const { table, index, primaryKey } = kit;
  const changes = table(
    "changes",
    {
      namespaceId: kit.id().notNull(),
      sequence: kit.whole().notNull(),
      kind: kit.text(KIND_LENGTH).notNull(),
      objectId: kit.id().notNull(),
      objectPath: kit.longText().notNull(),
      action: kit.text(32).notNull(),
      actor: kit.text(ACTOR_LENGTH).notNull(),
      time: kit.whole().notNull(),
      state: kit.longText().notNull(),
    },
    (t) => [
      primaryKey({ name: "changes_sequence", columns: [t.namespaceId, t.sequence] }),
      index("changes_kind").on(t.namespaceId, t.kind, t.sequence),
    ],
  );

  /** Outlives the namespace, as its changes do. */
  const changeCounters = table("change_counters", {
    namespaceId: kit.id().primaryKey(),
    lastSequence: kit.whole().notNull(),
  });

  const requests = table(
    "requests",
    {
      actor: kit.text(ACTOR_LENGTH).notNull(),
      method: kit.text(METHOD_LENGTH).notNull(),
      requestId: kit.text(MAX_REQUEST_ID_LENGTH).notNull(),
      fingerprint: kit.text(64).notNull(),
      response: kit.longText().notNull(),
      createdAt: kit.whole().notNull(),
    },
    (t) => [
      primaryKey({ name: "requests_id", columns: [t.actor, t.method, t.requestId] }),
      index("requests_created").on(t.createdAt),
    ],
  );

  /** Work in the background that one server at a time does: who does it, and how far it is. */
  const jobs = table("jobs", {
    name: kit.text(KIND_LENGTH).primaryKey(),
    /** "" while nobody does. */
    holder: kit.text(ACTOR_LENGTH).notNull(),
    heldUntil: kit.whole().notNull(),
    /** Where it goes on, in the job's own words; "" at the beginning. */
    position: kit.text(256).notNull(),
    startedAt: kit.whole().notNull(),
    /** When it was last done to its end; 0 before. */
    finishedAt: kit.whole().notNull(),
    /** What that found, JSON of the job's own. */
    result: kit.longText().notNull(),
  });

  return { changes, changeCounters, requests, jobs };
}
