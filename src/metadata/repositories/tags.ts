import { and, desc, eq, isNotNull, lt, lte, or, sql } from "drizzle-orm";
import type { TagAssignment } from "../../domain/entities.ts";
import { conflict } from "../../domain/errors.ts";
import type { ListCursor, ListPage, TagWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

type TagRow = Session["tables"]["tagAssignments"]["$inferSelect"];

/** Which version carries which tag, now and before. */
export class TagRepository implements TagWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async forVersions(versionIds: readonly string[]): Promise<readonly TagAssignment[]> {
    const { builder, tables } = this.#session;
    const { tagAssignments: tags } = tables;
    const build = (size: number) =>
      builder
        .select()
        .from(tags)
        .where(and(inSlots(tags.versionId, size), isNotNull(tags.currentTag)));
    const pages = await forKeys(this.#session, "tags.forVersions", versionIds, build);
    return pages.flat().map(assignmentOf);
  }

  async forModels(modelIds: readonly string[]): Promise<readonly TagAssignment[]> {
    const { builder, tables } = this.#session;
    const { tagAssignments: tags } = tables;
    const build = (size: number) =>
      builder
        .select()
        .from(tags)
        .where(and(inSlots(tags.modelId, size), isNotNull(tags.currentTag)))
        .orderBy(tags.currentTag);
    const pages = await forKeys(this.#session, "tags.forModels", modelIds, build);
    return pages.flat().map(assignmentOf);
  }

  async current(modelId: string, tag: string): Promise<TagAssignment | undefined> {
    const { builder, tables } = this.#session;
    const { tagAssignments: tags } = tables;
    const build = () =>
      builder
        .select()
        .from(tags)
        .where(
          and(
            eq(tags.modelId, slot(tags.modelId, "modelId")),
            eq(tags.currentTag, slot(tags.currentTag, "tag")),
          ),
        );
    const [row] = await this.#session.prepared("tags.current", build, { modelId, tag });
    return row === undefined ? undefined : assignmentOf(row);
  }

  async history(
    modelId: string,
    tag: string | undefined,
    limit: number,
    after?: ListCursor,
  ): Promise<ListPage<TagAssignment>> {
    const { builder, tables } = this.#session;
    const { tagAssignments: tags } = tables;
    const setAt = Number(after?.value ?? 0);
    const query = builder
      .select()
      .from(tags)
      .where(
        and(
          eq(tags.modelId, modelId),
          tag === undefined ? undefined : eq(tags.tag, tag),
          after === undefined
            ? undefined
            : and(lte(tags.setAt, setAt), or(lt(tags.setAt, setAt), lt(tags.id, after.id))),
        ),
      )
      .orderBy(desc(tags.setAt), desc(tags.id))
      .limit(limit + 1);
    const rows = await this.#session.run(query);
    const items = rows.slice(0, limit).map(assignmentOf);
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, next: last && { value: last.setAt, id: last.id }, incomplete: false };
  }

  async assign(assignment: TagAssignment): Promise<void> {
    const { builder, tables } = this.#session;
    const { tagAssignments, versions } = tables;
    const build = () =>
      builder
        .select({ createdAt: versions.createdAt })
        .from(versions)
        .where(eq(versions.id, slot(versions.id, "id")));
    const [version] = await this.#session.prepared("tags.versionCreatedAt", build, {
      id: assignment.versionId,
    });
    const row = {
      ...assignment,
      currentTag: assignment.unsetAt === undefined ? assignment.tag : null,
      unsetAt: assignment.unsetAt ?? null,
      versionCreatedAt: version?.createdAt ?? assignment.setAt,
    };
    if ((await insertRows(this.#session, "tags.insert", tagAssignments, [row])) > 0) return;
    const message = `The tag "${assignment.tag}" was given to another version meanwhile; look again and retry.`;
    throw conflict("TAG_ASSIGNED", message, { tag: assignment.tag });
  }

  async unassign(modelId: string, tag: string, at: number): Promise<TagAssignment | undefined> {
    const assignment = await this.current(modelId, tag);
    if (assignment === undefined) return undefined;
    const { builder, tables } = this.#session;
    const { tagAssignments: tags } = tables;
    const build = () =>
      builder
        .update(tags)
        .set({ currentTag: null, unsetAt: sql`${sql.param(sql.placeholder("at"), tags.unsetAt)}` })
        .where(eq(tags.id, slot(tags.id, "id")));
    await this.#session.prepared("tags.unassign", build, { id: assignment.id, at });
    return assignment;
  }
}

function assignmentOf(row: TagRow): TagAssignment {
  const { currentTag: _currentTag, versionCreatedAt: _versionCreatedAt, unsetAt, ...rest } = row;
  return { ...rest, unsetAt: unsetAt ?? undefined };
}
