import { eq, sql } from "drizzle-orm";
import type { Chunk, DoomedObject } from "../../domain/entities.ts";
import type { Session } from "../session.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

/** Sees to it that objects go once no row names them. */
export class Doom {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async doom(objects: readonly DoomedObject[]): Promise<void> {
    const rows = objects.map((object) => ({ ...object }));
    await insertRows(this.#session, "doomed.insert", this.#session.tables.doomedObjects, rows);
  }

  /**
   * To be called for chunks that are not where they were: their objects are doomed, packs once nothing is in them. They
   * are condemned no more either.
   */
  async abandon(chunks: readonly Chunk[], now: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { condemnedChunks } = tables;
    const digests = chunks.map((chunk) => chunk.digest);
    const pardon = (size: number) =>
      builder.delete(condemnedChunks).where(inSlots(condemnedChunks.digest, size));
    await forKeys(this.#session, "condemned.delete", digests, pardon);
    const alone = chunks.filter((chunk) => chunk.packId === "");
    await this.doom(
      alone.map(({ objectKey, storedBytes }) => ({ objectKey, sizeBytes: storedBytes, doomedAt: now })),
    );
    for (const packId of new Set(chunks.map((chunk) => chunk.packId))) {
      if (packId !== "") await this.doomPackIfEmpty(packId, now);
    }
  }

  async doomPackIfEmpty(packId: string, now: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks, packs } = tables;
    // Whoever takes another chunk out of it at the same time waits for this, and then sees what is left.
    const lock = () =>
      builder
        .update(packs)
        .set({ sizeBytes: sql`${packs.sizeBytes}` })
        .where(eq(packs.id, slot(packs.id, "packId")));
    await this.#session.prepared("packs.lock", lock, { packId });
    const find = () =>
      builder
        .select({ digest: chunks.digest })
        .from(chunks)
        .where(eq(chunks.packId, slot(chunks.packId, "packId")))
        .limit(1);
    const [left] = await this.#session.prepared("packs.any", find, { packId });
    if (left !== undefined) return;
    const read = () =>
      builder
        .select()
        .from(packs)
        .where(eq(packs.id, slot(packs.id, "packId")));
    const [pack] = await this.#session.prepared("packs.get", read, { packId });
    if (pack === undefined) return;
    const remove = () => builder.delete(packs).where(eq(packs.id, slot(packs.id, "packId")));
    await this.#session.prepared("packs.delete", remove, { packId });
    await this.doom([{ objectKey: pack.objectKey, sizeBytes: pack.sizeBytes, doomedAt: now }]);
  }
}
