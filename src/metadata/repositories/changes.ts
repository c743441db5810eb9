import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { ObjectKind } from "../../domain/entities.ts";
import type { ChangeWriter } from "../../domain/metadata-store.ts";
import { decodePlain, encodePlain } from "../../domain/plain-json.ts";
import type { Change, ChangeAction, ChangeState, NewChange } from "../../domain/views.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";

type ChangeRow = Session["tables"]["changes"]["$inferSelect"];

/** The log of what was done, numbered per namespace. */
export class ChangeRepository implements ChangeWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async list(
    namespaceId: string,
    after: number,
    kinds: readonly ObjectKind[],
    limit: number,
  ): Promise<readonly Change[]> {
    const wanted = [...new Set(kinds)];
    if (wanted.length === 0) return (await this.#page(namespaceId, after, undefined, limit)).map(changeOf);
    // Each kind by its own index, then merged: a kind that is rare is not searched for in a long log.
    const pages = await Promise.all(wanted.map((kind) => this.#page(namespaceId, after, kind, limit)));
    const rows = pages.flat().toSorted((a, b) => a.sequence - b.sequence);
    return rows.slice(0, limit).map(changeOf);
  }

  async lastSequence(namespaceId: string): Promise<number> {
    const { builder, tables } = this.#session;
    const { changeCounters: counters } = tables;
    const build = () =>
      builder
        .select({ lastSequence: counters.lastSequence })
        .from(counters)
        .where(eq(counters.namespaceId, slot(counters.namespaceId, "namespaceId")));
    const [row] = await this.#session.prepared("changes.lastSequence", build, { namespaceId });
    return row?.lastSequence ?? 0;
  }

  async append(changes: readonly NewChange[]): Promise<readonly Change[]> {
    const byNamespace = Map.groupBy(changes, (change) => change.namespaceId);
    const next = new Map<string, number>();
    // Always in the same order, so that two writers of two namespaces can't wait for each other.
    for (const namespaceId of [...byNamespace.keys()].toSorted()) {
      const count = byNamespace.get(namespaceId)?.length ?? 0;
      const last = await this.#take(namespaceId, count);
      next.set(namespaceId, last - count + 1);
      this.#session.changedNamespaces.set(namespaceId, last);
    }
    const numbered = changes.map((change) => {
      const sequence = next.get(change.namespaceId) ?? 1;
      next.set(change.namespaceId, sequence + 1);
      return { ...change, sequence };
    });
    const rows = numbered.map((change) => ({ ...change, state: encodePlain(change.state) }));
    await insertRows(this.#session, "changes.insert", this.#session.tables.changes, rows, {
      type: "strict",
      what: "changes",
    });
    return numbered;
  }

  /** Takes numbers and returns the last of them. The row stays locked until the end of the transaction. */
  async #take(namespaceId: string, count: number): Promise<number> {
    const { builder, tables } = this.#session;
    const { changeCounters: counters } = tables;
    const build = () =>
      builder
        .update(counters)
        .set({ lastSequence: sql`${counters.lastSequence} + ${sql.placeholder("count")}` })
        .where(eq(counters.namespaceId, slot(counters.namespaceId, "namespaceId")));
    const result = await this.#session.prepared("changes.take", build, { namespaceId, count });
    if (this.#session.dialect.affectedRows(result) === 0) {
      const row = { namespaceId, lastSequence: count };
      if ((await insertRows(this.#session, "changeCounters.insert", counters, [row])) > 0) return count;
      await this.#session.prepared("changes.take", build, { namespaceId, count });
    }
    return await this.lastSequence(namespaceId);
  }

  async #page(
    namespaceId: string,
    after: number,
    kind: ObjectKind | undefined,
    limit: number,
  ): Promise<readonly ChangeRow[]> {
    const { builder, tables } = this.#session;
    const { changes } = tables;
    const build = () =>
      builder
        .select()
        .from(changes)
        .where(
          and(
            eq(changes.namespaceId, slot(changes.namespaceId, "namespaceId")),
            kind === undefined ? undefined : eq(changes.kind, slot(changes.kind, "kind")),
            gt(changes.sequence, slot(changes.sequence, "after")),
          ),
        )
        .orderBy(asc(changes.sequence))
        .limit(sql.placeholder("limit"));
    const name = kind === undefined ? "changes.list" : "changes.listKind";
    return await this.#session.prepared(name, build, { namespaceId, kind, after, limit });
  }
}

function changeOf(row: ChangeRow): Change {
  return {
    ...row,
    kind: row.kind as ObjectKind,
    action: row.action as ChangeAction,
    state: decodePlain(row.state) as ChangeState,
  };
}
