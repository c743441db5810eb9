import { and, asc, eq, gt, inArray, lt, lte, notExists, sql } from "drizzle-orm";
import type { Chunk, DoomedObject } from "../../domain/entities.ts";
import type {
  ChunkMove,
  GarbageWriter,
  Judged,
  Sum,
  UnusedChunk,
  UsedPack,
} from "../../domain/background-work.ts";
import { digestOfKey, packIdOfKey } from "../../domain/object-keys.ts";
import type { Session } from "../session.ts";
import { ChunkRepository, chunkOf } from "./chunks.ts";
import { Doom } from "./doom.ts";
import { PackContents } from "./pack-contents.ts";
import { forKeys, inSlots, insertRows, keyed, slot, slotCount } from "./queries.ts";

/** Chunks that one query condemns at most. */
const CONDEMNED_PER_QUERY = 512;
/** Before the first digest. */
const NO_DIGEST = "0".repeat(64);

/** Chunks and objects that are to be collected. */
export class GarbageRepository implements GarbageWriter {
  readonly #session: Session;
  readonly #chunks: ChunkRepository;
  readonly #doom: Doom;
  readonly #packs: PackContents;

  constructor(session: Session) {
    this.#session = session;
    this.#chunks = new ChunkRepository(session);
    this.#doom = new Doom(session);
    this.#packs = new PackContents(session);
  }

  async unused(
    after: string | undefined,
    before: number,
    limit: number,
  ): Promise<{ readonly items: readonly UnusedChunk[]; readonly next: string | undefined }> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const last = () =>
      builder
        .select({ digest: chunks.digest })
        .from(chunks)
        .where(gt(chunks.digest, slot(chunks.digest, "after")))
        .orderBy(asc(chunks.digest))
        .limit(1)
        .offset(sql.placeholder("skipped"));
    const from = after ?? NO_DIGEST;
    const page = { after: from, skipped: limit - 1 };
    const [end] = await this.#session.prepared("garbage.page", last, page);
    const select = () =>
      builder
        .select()
        .from(chunks)
        .where(
          and(
            gt(chunks.digest, slot(chunks.digest, "after")),
            lte(chunks.digest, slot(chunks.digest, "until")),
            inArray(chunks.state, ["stored", "quarantined"]),
            lt(chunks.createdAt, slot(chunks.createdAt, "before")),
            notExists(this.#files()),
            notExists(this.#holds()),
          ),
        );
    const values = { after: from, until: end?.digest ?? "f".repeat(64), before };
    const found = (await this.#session.prepared("garbage.unused", select, values)).map(chunkOf);
    const bases = await this.#basesAmong(found.map((chunk) => chunk.digest));
    return { items: found.map((chunk) => ({ chunk, isBase: bases.has(chunk.digest) })), next: end?.digest };
  }

  async waiting(): Promise<{ readonly condemned: Sum; readonly doomed: Sum }> {
    const { builder, tables } = this.#session;
    const { chunks, condemnedChunks, doomedObjects } = tables;
    const ofChunks = () =>
      builder
        .select({ count: sql<number>`count(*)`, bytes: sql<number>`coalesce(sum(${chunks.storedBytes}), 0)` })
        .from(condemnedChunks)
        .innerJoin(chunks, eq(chunks.digest, condemnedChunks.digest));
    const ofObjects = () =>
      builder
        .select({
          count: sql<number>`count(*)`,
          bytes: sql<number>`coalesce(sum(${doomedObjects.sizeBytes}), 0)`,
        })
        .from(doomedObjects);
    const [condemned] = await this.#session.prepared("garbage.condemned", ofChunks, {});
    const [doomed] = await this.#session.prepared("garbage.doomedSum", ofObjects, {});
    return { condemned: sumOf(condemned), doomed: sumOf(doomed) };
  }

  async doomed(before: number, limit: number): Promise<readonly DoomedObject[]> {
    const { builder, tables } = this.#session;
    const { doomedObjects } = tables;
    const build = () =>
      builder
        .select()
        .from(doomedObjects)
        .where(lt(doomedObjects.doomedAt, slot(doomedObjects.doomedAt, "before")))
        .orderBy(asc(doomedObjects.doomedAt), asc(doomedObjects.objectKey))
        .limit(sql.placeholder("limit"));
    return await this.#session.prepared("doomed.page", build, { before, limit });
  }

  async namedObjects(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const { builder, tables } = this.#session;
    const { packs, doomedObjects } = tables;
    const digests = keys.flatMap((key) => digestOfKey(key) ?? []);
    const wanted = new Set(keys);
    const rows = await this.#chunks.getMany(digests);
    const named = rows.map((chunk) => chunk.objectKey);
    const doomedOf = (size: number) =>
      builder
        .select({ key: doomedObjects.objectKey })
        .from(doomedObjects)
        .where(inSlots(doomedObjects.objectKey, size));
    const doomed = await forKeys(this.#session, "doomed.named", keys, doomedOf);
    const packIds = keys.flatMap((key) => packIdOfKey(key) ?? []);
    const packsOf = (size: number) =>
      builder.select({ key: packs.objectKey }).from(packs).where(inSlots(packs.id, size));
    const packed = await forKeys(this.#session, "packs.named", packIds, packsOf);
    const all = [...named, ...[...doomed.flat(), ...packed.flat()].map(({ key }) => key)];
    return new Set(all.filter((key) => wanted.has(key)));
  }

  async condemn(found: readonly Chunk[], at: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks, condemnedChunks } = tables;
    // Not one that was stored anew since it was found: its uploader was told that it is there.
    const build = (size: number) =>
      builder
        .update(chunks)
        .set({ state: "condemned" })
        .where(
          and(
            inSlots(chunks.digest, size),
            inSlots(chunks.generation, size, "generation"),
            inArray(chunks.state, ["stored", "quarantined"]),
          ),
        );
    const inOrder = found.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    for (let begin = 0; begin < inOrder.length; begin += CONDEMNED_PER_QUERY) {
      const group = inOrder.slice(begin, begin + CONDEMNED_PER_QUERY);
      const size = slotCount(group.length);
      await this.#session.prepared(`garbage.condemn/${size}`, () => build(size), {
        ...keyed(
          group.map(({ digest }) => digest),
          size,
        ),
        ...keyed(
          group.map(({ generation }) => generation),
          size,
          "generation",
        ),
      });
    }
    const rows = inOrder.map(({ digest, generation }) => ({ digest, generation, condemnedAt: at }));
    await insertRows(this.#session, "condemned.insert", condemnedChunks, rows, {
      type: "upsert",
      key: [condemnedChunks.digest],
      columns: [condemnedChunks.generation, condemnedChunks.condemnedAt],
    });
  }

  async judge(before: number, limit: number, now: number): Promise<Judged> {
    const { builder, tables } = this.#session;
    const { condemnedChunks } = tables;
    const build = () =>
      builder
        .select()
        .from(condemnedChunks)
        .where(lt(condemnedChunks.condemnedAt, slot(condemnedChunks.condemnedAt, "before")))
        .orderBy(asc(condemnedChunks.condemnedAt), asc(condemnedChunks.digest))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("condemned.page", build, { before, limit });
    const generations = new Map(rows.map(({ digest, generation }) => [digest, generation]));
    const digests = [...generations.keys()].toSorted();
    await this.#lock(digests);
    // A row that was replaced meanwhile is another one.
    const current = (await this.#chunks.getMany(digests)).filter(
      ({ digest, generation, state }) => state === "condemned" && generations.get(digest) === generation,
    );
    const used = await this.#usedAmong(current.map((chunk) => chunk.digest));
    const spared = current.filter((chunk) => used.has(chunk.digest));
    const removed = current.filter((chunk) => !used.has(chunk.digest));
    await this.#spare(spared.map((chunk) => chunk.digest));
    await this.#remove(removed.map((chunk) => chunk.digest));
    await this.#chunks.count(removed, -1);
    const pardon = (size: number) =>
      builder.delete(condemnedChunks).where(inSlots(condemnedChunks.digest, size));
    await forKeys(this.#session, "condemned.delete", digests, pardon);
    await this.#doom.abandon(removed, now);
    return { looked: rows.length, spared: spared.length, removed };
  }

  async packs(after: string | undefined, limit: number): Promise<readonly UsedPack[]> {
    return await this.#packs.page(after, limit);
  }

  async packed(packId: string): Promise<readonly Chunk[]> {
    return await this.#packs.chunksOf(packId);
  }

  async move(moves: readonly ChunkMove[], now: number): Promise<void> {
    await this.#doom.abandon(await this.#packs.move(moves), now);
  }

  async doomEmptyPack(packId: string, now: number): Promise<void> {
    await this.#doom.doomPackIfEmpty(packId, now);
  }

  async doom(objects: readonly DoomedObject[]): Promise<void> {
    await this.#doom.doom(objects);
  }

  async forget(keys: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { doomedObjects } = tables;
    const build = (size: number) =>
      builder.delete(doomedObjects).where(inSlots(doomedObjects.objectKey, size));
    await forKeys(this.#session, "doomed.delete", keys, build);
  }

  async requestRebases(bases: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks, pendingRebases } = tables;
    const build = (size: number) =>
      builder.select({ digest: chunks.digest }).from(chunks).where(inSlots(chunks.baseDigest, size));
    const pages = await forKeys(this.#session, "garbage.dependents", bases, build);
    const rows = pages.flat().map(({ digest }) => ({ digest }));
    await insertRows(this.#session, "rebases.insert", pendingRebases, rows);
  }

  /** Lets nobody change these rows before the transaction ends, in one order for all. */
  async #lock(digests: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder
        .update(chunks)
        .set({ state: "condemned" })
        .where(and(inSlots(chunks.digest, size), eq(chunks.state, "condemned")));
    await forKeys(this.#session, "garbage.lock", digests, build);
  }

  async #spare(digests: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder.update(chunks).set({ state: "stored" }).where(inSlots(chunks.digest, size));
    await forKeys(this.#session, "garbage.spare", digests, build);
  }

  async #remove(digests: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder.delete(chunks).where(and(inSlots(chunks.digest, size), eq(chunks.state, "condemned")));
    await forKeys(this.#session, "garbage.remove", digests, build);
  }

  async #usedAmong(digests: readonly string[]): Promise<ReadonlySet<string>> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder
        .select({ digest: chunks.digest })
        .from(chunks)
        .where(and(inSlots(chunks.digest, size), sql`(exists ${this.#files()} or exists ${this.#holds()})`));
    const pages = await forKeys(this.#session, "garbage.used", digests, build);
    const bases = await this.#basesAmong(digests);
    return new Set([...pages.flat().map(({ digest }) => digest), ...bases]);
  }

  async #basesAmong(digests: readonly string[]): Promise<ReadonlySet<string>> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder
        .selectDistinct({ digest: chunks.baseDigest })
        .from(chunks)
        .where(inSlots(chunks.baseDigest, size));
    const pages = await forKeys(this.#session, "garbage.bases", digests, build);
    return new Set(pages.flat().map(({ digest }) => digest ?? ""));
  }

  #files() {
    const { builder, tables } = this.#session;
    const { chunks, fileChunks } = tables;
    return builder
      .select({ one: sql`1` })
      .from(fileChunks)
      .where(eq(fileChunks.digest, chunks.digest));
  }

  #holds() {
    const { builder, tables } = this.#session;
    const { chunks, chunkHolds } = tables;
    return builder
      .select({ one: sql`1` })
      .from(chunkHolds)
      .where(eq(chunkHolds.digest, chunks.digest));
  }
}

/** Databases give sums as numbers or as texts. */
function sumOf(row: { readonly count: unknown; readonly bytes: unknown } | undefined): Sum {
  return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0) };
}
