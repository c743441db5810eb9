import { and, eq, isNotNull } from "drizzle-orm";
import type { LabelledKind } from "../../domain/entities.ts";
import type { Session } from "../session.ts";
import { ArtifactRepository } from "./artifacts.ts";
import { LeaseRepository } from "./leases.ts";
import { MetricRepository } from "./metrics.ts";
import { slot } from "./queries.ts";
import { StorageRepository } from "./storage.ts";

/** Removes what goes with an object: all but lineage, the history of tags, and changes. */
export async function deleteBelongings(
  session: Session,
  kind: LabelledKind,
  objectId: string,
): Promise<void> {
  const { builder, tables } = session;
  const { labels, events, tagAssignments } = tables;
  const of = { objectId };
  await session.prepared(
    "labels.deleteAll",
    () => builder.delete(labels).where(eq(labels.objectId, slot(labels.objectId, "objectId"))),
    of,
  );
  await new MetricRepository(session).deleteAll(objectId);
  await session.prepared(
    "events.deleteAll",
    () => builder.delete(events).where(eq(events.objectId, slot(events.objectId, "objectId"))),
    of,
  );
  await new ArtifactRepository(session).deleteAll(objectId);
  await new LeaseRepository(session).deleteAll(objectId);
  if (kind === "namespace") await new StorageRepository(session).forget(objectId);
  if (kind !== "version") return;
  const current = () =>
    and(
      eq(tagAssignments.versionId, slot(tagAssignments.versionId, "objectId")),
      isNotNull(tagAssignments.currentTag),
    );
  await session.prepared("tags.deleteCurrent", () => builder.delete(tagAssignments).where(current()), of);
}
