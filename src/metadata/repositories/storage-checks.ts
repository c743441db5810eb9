import { and, asc, eq, gt, gte, lte, sql } from "drizzle-orm";
import type { Chunk, Pack } from "../../domain/entities.ts";
import type { ShardTotals, StorageCheckWriter } from "../../domain/storage-checks.ts";
import type { Session } from "../session.ts";
import { chunkOf } from "./chunks.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

const DIGEST_DIGITS = 64;

/** What a check of the storage asks for and mends, and nobody else. */
export class StorageCheckRepository implements StorageCheckWriter {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async packs(ids: readonly string[]): Promise<readonly Pack[]> {
    const { builder, tables } = this.#session;
    const { packs } = tables;
    const build = (size: number) => builder.select().from(packs).where(inSlots(packs.id, size));
    return (await forKeys(this.#session, "checks.packs", ids, build)).flat();
  }

  async chunksOfPack(packId: string, after: string | undefined, limit: number): Promise<readonly Chunk[]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = () =>
      builder
        .select()
        .from(chunks)
        .where(
          and(
            eq(chunks.packId, slot(chunks.packId, "packId")),
            after === undefined ? undefined : gt(chunks.digest, slot(chunks.digest, "after")),
          ),
        )
        .orderBy(asc(chunks.digest))
        .limit(sql.placeholder("limit"));
    const place = after === undefined ? "first" : "next";
    const rows = await this.#session.prepared(`checks.chunksOfPack/${place}`, build, {
      packId,
      after,
      limit,
    });
    return rows.map(chunkOf);
  }

  async doomed(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const { builder, tables } = this.#session;
    const { doomedObjects } = tables;
    const build = (size: number) =>
      builder
        .select({ key: doomedObjects.objectKey })
        .from(doomedObjects)
        .where(inSlots(doomedObjects.objectKey, size));
    const pages = await forKeys(this.#session, "checks.doomed", keys, build);
    return new Set(pages.flat().map(({ key }) => key));
  }

  async totals(shard: number): Promise<ShardTotals> {
    const { builder, tables } = this.#session;
    const { chunkTotals } = tables;
    const noted = () =>
      builder
        .select()
        .from(chunkTotals)
        .where(eq(chunkTotals.shard, slot(chunkTotals.shard, "shard")));
    const [row] = await this.#session.prepared("checks.noted", noted, { shard });
    return {
      noted: { count: row?.count ?? 0, storedBytes: row?.storedBytes ?? 0 },
      counted: await this.#count(shard),
    };
  }

  async recount(shard: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunkTotals } = tables;
    const set = () =>
      builder
        .update(chunkTotals)
        .set({ count: sql`${sql.placeholder("count")}`, storedBytes: sql`${sql.placeholder("storedBytes")}` })
        .where(eq(chunkTotals.shard, slot(chunkTotals.shard, "shard")));
    await insertRows(this.#session, "chunkTotals.insert", chunkTotals, [{ shard, count: 0, storedBytes: 0 }]);
    // Whoever stores a chunk of the shard waits from here on, and is not forgotten.
    const lock = () =>
      builder
        .update(chunkTotals)
        .set({ count: sql`${chunkTotals.count}` })
        .where(eq(chunkTotals.shard, slot(chunkTotals.shard, "shard")));
    await this.#session.prepared("checks.lockTotals", lock, { shard });
    await this.#session.prepared("checks.setTotals", set, { shard, ...(await this.#count(shard)) });
  }

  async putPack(pack: Pack): Promise<void> {
    const { packs } = this.#session.tables;
    const mode = { type: "upsert", key: [packs.id], columns: [packs.objectKey, packs.sizeBytes] } as const;
    await insertRows(this.#session, "checks.putPack", packs, [{ ...pack }], mode);
  }

  async removePack(id: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { packs } = tables;
    const build = () => builder.delete(packs).where(eq(packs.id, slot(packs.id, "id")));
    await this.#session.prepared("checks.removePack", build, { id });
  }

  async #count(shard: number): Promise<ShardTotals["counted"]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const digit = shard.toString(16);
    const build = () =>
      builder
        .select({
          count: sql<unknown>`count(*)`,
          storedBytes: sql<unknown>`coalesce(sum(${chunks.storedBytes}), 0)`,
        })
        .from(chunks)
        .where(
          and(
            gte(chunks.digest, slot(chunks.digest, "first")),
            lte(chunks.digest, slot(chunks.digest, "last")),
          ),
        );
    const [row] = await this.#session.prepared("checks.count", build, {
      first: digit.padEnd(DIGEST_DIGITS, "0"),
      last: digit.padEnd(DIGEST_DIGITS, "f"),
    });
    // Databases give sums as numbers or as texts.
    return { count: Number(row?.count ?? 0), storedBytes: Number(row?.storedBytes ?? 0) };
  }
}
