import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Chunk } from "../../domain/entities.ts";
import type { ChunkMove, UsedPack } from "../../domain/background-work.ts";
import type { Session } from "../session.ts";
import { chunkOf } from "./chunks.ts";
import { slot } from "./queries.ts";

/** Before the first id. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

/** Which chunks are in which packs. */
export class PackContents {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async page(after: string = NO_ID, limit: number): Promise<readonly UsedPack[]> {
    const { builder, tables } = this.#session;
    const { chunks, packs } = tables;
    const used = builder
      .select({ bytes: sql`coalesce(sum(${chunks.storedBytes}), 0)` })
      .from(chunks)
      .where(eq(chunks.packId, packs.id));
    const build = () =>
      builder
        .select({
          id: packs.id,
          objectKey: packs.objectKey,
          sizeBytes: packs.sizeBytes,
          createdAt: packs.createdAt,
          usedBytes: sql<unknown>`(${used})`,
        })
        .from(packs)
        .where(gt(packs.id, slot(packs.id, "after")))
        .orderBy(asc(packs.id))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("packs.used", build, { after, limit });
    // Databases give sums as numbers or as texts.
    return rows.map(({ usedBytes, ...pack }) => ({ pack, usedBytes: Number(usedBytes) }));
  }

  async chunksOf(packId: string): Promise<readonly Chunk[]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = () =>
      builder
        .select()
        .from(chunks)
        .where(eq(chunks.packId, slot(chunks.packId, "packId")));
    const rows = await this.#session.prepared("packs.chunks", build, { packId });
    return rows.map(chunkOf);
  }

  /** Returns those that were moved. In the order of their digests, as all who write many chunks do. */
  async move(moves: readonly ChunkMove[]): Promise<readonly Chunk[]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = () =>
      builder
        .update(chunks)
        .set({
          generation: slot(chunks.generation, "generation"),
          objectKey: slot(chunks.objectKey, "objectKey"),
          objectOffset: slot(chunks.objectOffset, "objectOffset"),
          durable: slot(chunks.durable, "durable"),
          packId: slot(chunks.packId, "packId"),
        })
        .where(
          and(
            eq(chunks.digest, slot(chunks.digest, "digest")),
            eq(chunks.generation, slot(chunks.generation, "before")),
            eq(chunks.state, "stored"),
          ),
        );
    const moved: Chunk[] = [];
    for (const { from, to } of moves.toSorted((a, b) => (a.from.digest < b.from.digest ? -1 : 1))) {
      const { generation, objectKey, objectOffset, durable, packId, digest } = to;
      const values = { generation, objectKey, objectOffset, durable, packId, digest };
      const result = await this.#session.prepared("packs.move", build, {
        ...values,
        before: from.generation,
      });
      if (this.#session.dialect.affectedRows(result) > 0) moved.push(from);
    }
    return moved;
  }
}
