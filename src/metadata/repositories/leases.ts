import { and, asc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { Lease, LeaseKind, ObjectKind } from "../../domain/entities.ts";
import type { LeaseWriter } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

type LeaseRow = Session["tables"]["leases"]["$inferSelect"];

/** Leases, what they hold, and the fencing numbers that outlive them. */
export class LeaseRepository implements LeaseWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async get(id: string): Promise<Lease | undefined> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const build = () =>
      builder
        .select()
        .from(leases)
        .where(eq(leases.id, slot(leases.id, "id")));
    const [row] = await this.#session.prepared("leases.get", build, { id });
    return row === undefined ? undefined : leaseOf(row);
  }

  async active(objectId: string, kind: LeaseKind, now: number): Promise<readonly Lease[]> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const build = () =>
      builder
        .select()
        .from(leases)
        .where(
          and(
            eq(leases.objectId, slot(leases.objectId, "objectId")),
            eq(leases.kind, slot(leases.kind, "kind")),
            gt(leases.goneAt, slot(leases.goneAt, "now")),
          ),
        )
        .orderBy(asc(leases.goneAt));
    const rows = await this.#session.prepared("leases.active", build, { objectId, kind, now });
    return rows.map(leaseOf).filter((lease) => lease.endedAt === undefined);
  }

  async reservedBytes(namespaceId: string, now: number): Promise<number> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const build = () =>
      builder
        .select({ bytes: sql<number | string | bigint>`coalesce(sum(${leases.reservedBytes}), 0)` })
        .from(leases)
        .where(
          and(
            eq(leases.objectId, slot(leases.objectId, "namespaceId")),
            eq(leases.kind, "upload"),
            gt(leases.goneAt, slot(leases.goneAt, "now")),
            isNull(leases.endedAt),
          ),
        );
    const [row] = await this.#session.prepared("leases.reservedBytes", build, { namespaceId, now });
    return Number(row?.bytes ?? 0);
  }

  async insert(lease: Lease): Promise<void> {
    const goneAt = Math.min(lease.expiresAt, lease.endedAt ?? lease.expiresAt);
    const row = { ...lease, endedAt: lease.endedAt ?? null, goneAt, hasWritten: Number(lease.hasWritten) };
    await insertRows(this.#session, "leases.insert", this.#session.tables.leases, [row], {
      type: "strict",
      what: "leases",
    });
  }

  async nextFence(objectId: string): Promise<{ readonly number: number; readonly previousWriter: number }> {
    const { builder, tables } = this.#session;
    const { leaseFences: fences } = tables;
    const increase = () =>
      builder
        .update(fences)
        .set({ lastNumber: sql`${fences.lastNumber} + 1` })
        .where(eq(fences.objectId, slot(fences.objectId, "objectId")));
    const result = await this.#session.prepared("fences.increase", increase, { objectId });
    if (this.#session.dialect.affectedRows(result) === 0) {
      const written = await insertRows(this.#session, "fences.insert", fences, [{ objectId, lastNumber: 1 }]);
      if (written > 0) return { number: 1, previousWriter: 0 };
      await this.#session.prepared("fences.increase", increase, { objectId });
    }
    const read = () =>
      builder
        .select({ number: fences.lastNumber, previousWriter: fences.lastWriter })
        .from(fences)
        .where(eq(fences.objectId, slot(fences.objectId, "objectId")));
    const [row] = await this.#session.prepared("fences.read", read, { objectId });
    return row ?? { number: 1, previousWriter: 0 };
  }

  async noteWrite({ id, objectId, fencingNumber }: Lease): Promise<void> {
    const { builder, tables } = this.#session;
    const { leases, leaseFences: fences } = tables;
    const mark = () =>
      builder
        .update(leases)
        .set({ hasWritten: 1 })
        .where(eq(leases.id, slot(leases.id, "id")));
    await this.#session.prepared("leases.noteWrite", mark, { id });
    const note = () =>
      builder
        .update(fences)
        .set({ lastWriter: slot(fences.lastWriter, "fencingNumber") })
        .where(eq(fences.objectId, slot(fences.objectId, "objectId")));
    await this.#session.prepared("fences.noteWrite", note, { objectId, fencingNumber });
  }

  async renew(id: string, expiresAt: number, ttlMs: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const build = () =>
      builder
        .update(leases)
        .set({
          expiresAt: slot(leases.expiresAt, "expiresAt"),
          ttlMs: slot(leases.ttlMs, "ttlMs"),
          goneAt: sql`case when ${leases.endedAt} is null then ${slot(leases.goneAt, "expiresAt")} else ${leases.goneAt} end`,
        })
        .where(eq(leases.id, slot(leases.id, "id")));
    await this.#session.prepared("leases.renew", build, { id, expiresAt, ttlMs });
  }

  async end(id: string, at: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const build = () =>
      builder
        .update(leases)
        .set({
          endedAt: slot(leases.endedAt, "at"),
          goneAt: sql`case when ${leases.goneAt} < ${slot(leases.goneAt, "at")} then ${leases.goneAt} else ${slot(leases.goneAt, "at")} end`,
        })
        .where(and(eq(leases.id, slot(leases.id, "id")), sql`${leases.endedAt} is null`));
    await this.#session.prepared("leases.end", build, { id, at });
    await this.#letGo([id]);
  }

  async purge(before: number, limit: number): Promise<number> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const find = () =>
      builder
        .select({ id: leases.id })
        .from(leases)
        .where(lt(leases.goneAt, slot(leases.goneAt, "before")))
        .orderBy(asc(leases.goneAt), asc(leases.id))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("leases.gone", find, { before, limit });
    await this.#remove(rows.map((row) => row.id));
    return rows.length;
  }

  /** Removes all of an object; its fencing number stays. */
  async deleteAll(objectId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    const find = () =>
      builder
        .select({ id: leases.id })
        .from(leases)
        .where(eq(leases.objectId, slot(leases.objectId, "objectId")));
    const rows = await this.#session.prepared("leases.idsOf", find, { objectId });
    await this.#remove(rows.map((row) => row.id));
  }

  async #remove(ids: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { leases } = tables;
    await this.#letGo(ids);
    const build = (size: number) => builder.delete(leases).where(inSlots(leases.id, size));
    await forKeys(this.#session, "leases.delete", ids, build);
  }

  async #letGo(ids: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunkHolds } = tables;
    const build = (size: number) => builder.delete(chunkHolds).where(inSlots(chunkHolds.leaseId, size));
    await forKeys(this.#session, "chunkHolds.delete", ids, build);
  }
}

function leaseOf(row: LeaseRow): Lease {
  const { goneAt: _goneAt, endedAt, hasWritten, ...rest } = row;
  return {
    ...rest,
    kind: rest.kind as LeaseKind,
    objectKind: rest.objectKind as ObjectKind,
    hasWritten: hasWritten === 1,
    endedAt: endedAt ?? undefined,
  };
}
