import { and, eq, inArray, sql } from "drizzle-orm";
import type { Chunk, ChunkEncoding, ChunkState } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import type { ChunkWriter } from "../../domain/chunk-rows.ts";
import type { Session } from "../session.ts";
import { Doom } from "./doom.ts";
import { forKeys, inSlots, insertRows, keyed, slot, slotCount } from "./queries.ts";

type ChunkRow = Session["tables"]["chunks"]["$inferSelect"];

/** Namespaces that one query takes at most. */
const NAMESPACES_PER_QUERY = 256;
/** Looks at a row that comes and goes. */
const MAX_INSERT_ATTEMPTS = 3;
/** Chunks that count as missing to uploads. */
const UNUSABLE = ["condemned", "quarantined"] as const;

/** Where the bytes of digests are. */
export class ChunkRepository implements ChunkWriter {
  readonly #session: Session;
  readonly #garbage: Doom;

  constructor(session: Session) {
    this.#session = session;
    this.#garbage = new Doom(session);
  }

  async getMany(digests: readonly string[]): Promise<readonly Chunk[]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) => builder.select().from(chunks).where(inSlots(chunks.digest, size));
    const pages = await forKeys(this.#session, "chunks.getMany", digests, build);
    return pages.flat().map(chunkOf);
  }

  async presentIn(
    digests: readonly string[],
    namespaceIds: readonly string[] | "all",
  ): Promise<ReadonlySet<string>> {
    if (namespaceIds === "all") return await this.#presentIn(digests, undefined);
    const found = new Set<string>();
    for (let begin = 0; begin < namespaceIds.length; begin += NAMESPACES_PER_QUERY) {
      const group = namespaceIds.slice(begin, begin + NAMESPACES_PER_QUERY);
      const missing = begin === 0 ? digests : digests.filter((digest) => !found.has(digest));
      for (const digest of await this.#presentIn(missing, group)) found.add(digest);
    }
    return found;
  }

  async heldBy(leaseId: string, digests: readonly string[]): Promise<readonly Chunk[]> {
    const { builder, tables } = this.#session;
    const { chunks, chunkHolds } = tables;
    const build = (size: number) =>
      builder
        .select({ chunk: chunks })
        .from(chunkHolds)
        .innerJoin(chunks, eq(chunks.digest, chunkHolds.digest))
        .where(this.#isHeld(size));
    const pages = await forKeys(this.#session, "chunks.heldBy", digests, build, { leaseId });
    return pages.flat().map(({ chunk }) => chunkOf(chunk));
  }

  async heldSizes(
    leaseId: string,
    digests: readonly string[],
  ): Promise<readonly Pick<Chunk, "digest" | "sizeBytes">[]> {
    const { builder, tables } = this.#session;
    const { chunks, chunkHolds } = tables;
    const build = (size: number) =>
      builder
        .select({ digest: chunks.digest, sizeBytes: chunks.sizeBytes })
        .from(chunkHolds)
        .innerJoin(chunks, eq(chunks.digest, chunkHolds.digest))
        .where(this.#isHeld(size));
    return (await forKeys(this.#session, "chunks.heldSizes", digests, build, { leaseId })).flat();
  }

  async totals(): Promise<{ readonly count: number; readonly storedBytes: number }> {
    const { builder, tables } = this.#session;
    const { chunkTotals } = tables;
    const rows = await this.#session.prepared("chunks.totals", () => builder.select().from(chunkTotals), {});
    return {
      count: rows.reduce((sum, row) => sum + row.count, 0),
      storedBytes: rows.reduce((sum, row) => sum + row.storedBytes, 0),
    };
  }

  async insert(chunk: Chunk): Promise<Chunk> {
    const { chunks } = this.#session.tables;
    const row = rowOf(chunk);
    // A row may go between two looks at it.
    for (let attempt = 1; ; attempt += 1) {
      const [known] = await this.getMany([chunk.digest]);
      if (known?.state === "stored") return known;
      if ((await insertRows(this.#session, "chunks.insert", chunks, [row])) > 0) {
        await this.count([chunk], 1);
        return chunk;
      }
      if (known !== undefined && (await this.replace(chunk, known.generation, UNUSABLE))) {
        await this.count([{ ...chunk, storedBytes: chunk.storedBytes - known.storedBytes }], 0);
        await this.#garbage.abandon([known], chunk.createdAt);
        return chunk;
      }
      if (attempt === MAX_INSERT_ATTEMPTS) throw busy(chunk.digest);
    }
  }

  async insertMany(chunks: readonly Chunk[]): Promise<ReadonlyMap<string, Chunk>> {
    const wanted = new Map<string, Chunk>();
    for (const chunk of chunks) if (!wanted.has(chunk.digest)) wanted.set(chunk.digest, chunk);
    // In one order, so that two servers that store the same chunks don't wait for each other.
    const inOrder = [...wanted.values()].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    const table = this.#session.tables.chunks;
    const written = await insertRows(this.#session, "chunks.insert", table, inOrder.map(rowOf));
    if (written === inOrder.length) {
      await this.count(inOrder, 1);
      return wanted;
    }
    const rows = await this.#byDigest([...wanted.keys()]);
    const isOurs = ({ digest, generation }: Chunk) => rows.get(digest)?.generation === generation;
    await this.count(inOrder.filter(isOurs), 1);
    for (const chunk of inOrder)
      if (rows.get(chunk.digest)?.state !== "stored") rows.set(chunk.digest, await this.insert(chunk));
    return rows;
  }

  async hold(leaseId: string, digests: readonly string[]): Promise<void> {
    const rows = digests.map((digest) => ({ leaseId, digest }));
    await insertRows(this.#session, "chunkHolds.insert", this.#session.tables.chunkHolds, rows);
  }

  async markDurable(digests: readonly string[]): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder
        .update(chunks)
        .set({ durable: true })
        .where(and(inSlots(chunks.digest, size), eq(chunks.durable, false)));
    await forKeys(this.#session, "chunks.markDurable", digests, build);
  }

  async quarantine(digest: string, generation: string): Promise<void> {
    await this.#setState({ digest, generation }, "stored", "quarantined");
  }

  async heal(digest: string, generation: string): Promise<void> {
    await this.#setState({ digest, generation }, "quarantined", "stored");
  }

  async #setState(
    chunk: Pick<Chunk, "digest" | "generation">,
    from: ChunkState,
    to: ChunkState,
  ): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = () =>
      builder
        .update(chunks)
        .set({ state: to })
        .where(
          and(
            eq(chunks.digest, slot(chunks.digest, "digest")),
            eq(chunks.generation, slot(chunks.generation, "generation")),
            eq(chunks.state, from),
          ),
        );
    const { digest, generation } = chunk;
    await this.#session.prepared(`chunks.${to}`, build, { digest, generation });
  }

  /** Puts a row in the place of another one; false when that is not there any more, or in none of these states. */
  async replace(to: Chunk, generation: string, states: readonly ChunkState[]): Promise<boolean> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const { digest, ...row } = rowOf(to);
    const build = () =>
      builder
        .update(chunks)
        .set(Object.fromEntries(Object.keys(row).map((field) => [field, sql.placeholder(field)])))
        .where(
          and(
            eq(chunks.digest, slot(chunks.digest, "digest")),
            eq(chunks.generation, slot(chunks.generation, "replaced")),
            inArray(chunks.state, [...states]),
          ),
        );
    const values = { ...row, digest, replaced: generation };
    const result = await this.#session.prepared(`chunks.replace/${states.join()}`, build, values);
    return this.#session.dialect.affectedRows(result) > 0;
  }

  #isHeld(size: number) {
    const { chunks, chunkHolds } = this.#session.tables;
    return and(
      eq(chunkHolds.leaseId, slot(chunkHolds.leaseId, "leaseId")),
      inSlots(chunkHolds.digest, size),
      eq(chunks.state, "stored"),
    );
  }

  async #presentIn(
    digests: readonly string[],
    namespaceIds: readonly string[] | undefined,
  ): Promise<ReadonlySet<string>> {
    const { builder, tables } = this.#session;
    const { chunks, fileChunks, chunkHolds, leases } = tables;
    const count = namespaceIds === undefined ? 0 : slotCount(namespaceIds.length);
    const readable = (namespaceId: typeof fileChunks.namespaceId | typeof leases.namespaceId) =>
      count === 0 ? undefined : inSlots(namespaceId, count, "namespace");
    // One piece that the caller may read is enough, however many files have the chunk.
    const inFile = () =>
      builder
        .select({ one: sql`1` })
        .from(fileChunks)
        .where(and(eq(fileChunks.digest, chunks.digest), readable(fileChunks.namespaceId)));
    const inUpload = () =>
      builder
        .select({ one: sql`1` })
        .from(chunkHolds)
        .innerJoin(leases, eq(leases.id, chunkHolds.leaseId))
        .where(and(eq(chunkHolds.digest, chunks.digest), readable(leases.namespaceId)));
    const build = (size: number) =>
      builder
        .select({ digest: chunks.digest })
        .from(chunks)
        .where(
          and(
            inSlots(chunks.digest, size),
            eq(chunks.state, "stored"),
            sql`(exists ${inFile()} or exists ${inUpload()})`,
          ),
        );
    const values = keyed(namespaceIds ?? [], count, "namespace");
    const pages = await forKeys(this.#session, `chunks.presentIn/${count}`, digests, build, values);
    return new Set(pages.flat().map((row) => row.digest));
  }

  async #byDigest(digests: readonly string[]): Promise<Map<string, Chunk>> {
    return new Map((await this.getMany(digests)).map((chunk) => [chunk.digest, chunk]));
  }

  /** Adds `each` and their stored bytes to the totals for each of the chunks. */
  async count(changed: readonly Chunk[], each: 1 | 0 | -1): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunkTotals } = tables;
    const build = () =>
      builder
        .update(chunkTotals)
        .set({
          count: sql`${chunkTotals.count} + ${sql.placeholder("count")}`,
          storedBytes: sql`${chunkTotals.storedBytes} + ${sql.placeholder("storedBytes")}`,
        })
        .where(eq(chunkTotals.shard, slot(chunkTotals.shard, "shard")));
    for (const values of shardsOf(changed, each)) {
      const result = await this.#session.prepared("chunks.count", build, values);
      if (this.#session.dialect.affectedRows(result) > 0) continue;
      if ((await insertRows(this.#session, "chunkTotals.insert", chunkTotals, [values])) > 0) continue;
      await this.#session.prepared("chunks.count", build, values);
    }
  }
}

interface Shard {
  shard: number;
  count: number;
  storedBytes: number;
}

/**
 * By the first digit of the digest, in order: who changes chunks in the order of their digests locks shards in one order,
 * too.
 */
function shardsOf(changed: readonly Chunk[], each: 1 | 0 | -1): readonly Readonly<Record<string, number>>[] {
  const shards = new Map<number, Shard>();
  for (const { digest, storedBytes } of changed) {
    const shard = Number.parseInt(digest.slice(0, 1), 16);
    const sum = shards.get(shard) ?? { shard, count: 0, storedBytes: 0 };
    sum.count += each;
    sum.storedBytes += each === -1 ? -storedBytes : storedBytes;
    shards.set(shard, sum);
  }
  return [...shards.values()].toSorted((a, b) => a.shard - b.shard).map((shard) => ({ ...shard }));
}

function rowOf(chunk: Chunk) {
  const { baseDigest, packId, namespaceId } = chunk;
  return {
    ...chunk,
    baseDigest: baseDigest === "" ? null : baseDigest,
    packId: packId === "" ? null : packId,
    namespaceId: namespaceId === "" ? null : namespaceId,
  };
}

function busy(digest: string): DomainError {
  return new DomainError("unavailable", "CHUNK_BUSY", `The chunk ${digest} is being moved; send it again.`);
}

/** A row as the domain has it. */
export function chunkOf(row: ChunkRow): Chunk {
  return {
    ...row,
    encoding: row.encoding as ChunkEncoding,
    state: row.state as ChunkState,
    baseDigest: row.baseDigest ?? "",
    packId: row.packId ?? "",
    namespaceId: row.namespaceId ?? "",
  };
}
