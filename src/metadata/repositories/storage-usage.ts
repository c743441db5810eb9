import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import {
  addChunks,
  NO_CHUNKS,
  type ChunkSpan,
  type ChunkSums,
  type FileTotals,
  type ObjectUsage,
  type OtherObjects,
} from "../../domain/storage-report.ts";
import type { Session } from "../session.ts";
import { slot } from "./queries.ts";

const FIRST_DIGEST = "0".repeat(64);
/** Pieces of an object's files that one query judges: each costs a few look-ups in indexes. */
const PIECES_PER_PART = 8_000;
/** Each part reads the list of all pieces, so more of them would cost more than they are worth. */
const MAX_PARTS = 64;

/** Databases give sums as numbers, texts or big integers. */
type Sum = number | string | bigint | null;

/** What files take in the blob store, by aggregates over indexes: no row leaves the database. */
export class StorageUsage {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async ofAll(): Promise<FileTotals> {
    const { builder, tables } = this.#session;
    const { namespaceStorage: sums } = tables;
    const build = () =>
      builder.select({ fileCount: sumOf(sums.fileCount), fileBytes: sumOf(sums.fileBytes) }).from(sums);
    const [row] = await this.#session.prepared("storage.all", build, {});
    return { fileCount: Number(row?.fileCount), fileBytes: Number(row?.fileBytes) };
  }

  async ofObject(objectId: string): Promise<ObjectUsage> {
    const files = await this.#filesOf(objectId);
    const usage = { exclusive: NO_CHUNKS, shared: NO_CHUNKS };
    // In parts by the beginning of the digest, so that no query of a large object takes long.
    const pieces = files.fileCount + files.fileBytes / TARGET_CHUNK_BYTES;
    const parts = Math.min(Math.max(Math.ceil(pieces / PIECES_PER_PART), 1), MAX_PARTS);
    for (let part = 0; part < parts; part += 1) {
      const before = part + 1 < parts ? digestAt((part + 1) / parts) : undefined;
      for (const row of await this.#chunksOf(objectId, digestAt(part / parts), before)) {
        const kind = Number(row.shared) === 1 ? "shared" : "exclusive";
        usage[kind] = addChunks(usage[kind], sumsOf(row));
      }
    }
    return { ...files, ...usage };
  }

  async chunkSpan(from: string | undefined, limit: number): Promise<ChunkSpan> {
    const begin = from ?? FIRST_DIGEST;
    const next = await this.#digestBehind(begin, limit);
    const [chunks, namespaces] = [await this.#chunksIn(begin, next), await this.#namespacesIn(begin, next)];
    return {
      chunks: chunks.map((row) => ({
        ...sumsOf(row),
        used: Number(row.used) === 1,
        condemned: Number(row.condemned) === 1,
        packed: Number(row.packed) === 1,
      })),
      namespaces: namespaces.map((row) => ({ ...sumsOf(row), namespaceId: row.namespaceId })),
      next,
    };
  }

  async otherObjects(): Promise<OtherObjects> {
    const { builder, tables } = this.#session;
    const { packs, doomedObjects } = tables;
    const ofPacks = () => builder.select({ bytes: sumOf(packs.sizeBytes) }).from(packs);
    const ofDoomed = () => builder.select({ bytes: sumOf(doomedObjects.sizeBytes) }).from(doomedObjects);
    const [inPacks] = await this.#session.prepared("storage.packs", ofPacks, {});
    const [doomed] = await this.#session.prepared("storage.doomed", ofDoomed, {});
    return { packBytes: Number(inPacks?.bytes), doomedBytes: Number(doomed?.bytes) };
  }

  async #filesOf(objectId: string): Promise<FileTotals> {
    const { builder, tables } = this.#session;
    const { artifacts, files } = tables;
    const build = () =>
      builder
        .select({ fileCount: sql<Sum>`count(*)`, fileBytes: sumOf(files.sizeBytes) })
        .from(artifacts)
        .innerJoin(files, eq(files.fileSetId, artifacts.fileSetId))
        .where(and(eq(artifacts.objectId, slot(artifacts.objectId, "objectId")), eq(files.uri, "")));
    const [row] = await this.#session.prepared("storage.filesOf", build, { objectId });
    return { fileCount: Number(row?.fileCount), fileBytes: Number(row?.fileBytes) };
  }

  /** The distinct chunks of an object: those of it alone, and those of others too. */
  async #chunksOf(objectId: string, from: string, before: string | undefined) {
    const { builder, tables, dialect } = this.#session;
    const { artifacts, files, fileChunks, chunks } = tables;
    const build = () => {
      const own = builder
        .selectDistinct({ digest: fileChunks.digest })
        .from(artifacts)
        .innerJoin(files, eq(files.fileSetId, artifacts.fileSetId))
        .innerJoin(fileChunks, eq(fileChunks.fileId, files.id))
        .where(
          and(
            eq(artifacts.objectId, slot(artifacts.objectId, "objectId")),
            this.#inSpan(fileChunks.digest, before),
          ),
        )
        .as("own");
      const [otherChunks, otherFiles, others] = [
        dialect.alias(fileChunks, "other_chunks"),
        dialect.alias(files, "other_files"),
        dialect.alias(artifacts, "others"),
      ];
      const elsewhere = builder
        .select({ one: sql`1` })
        .from(otherChunks)
        .innerJoin(otherFiles, eq(otherFiles.id, otherChunks.fileId))
        .innerJoin(others, eq(others.fileSetId, otherFiles.fileSetId))
        .where(
          and(
            eq(otherChunks.digest, chunks.digest),
            sql`${others.objectId} <> ${slot(others.objectId, "objectId")}`,
          ),
        );
      const each = builder
        .select({
          sizeBytes: sql<Sum>`${chunks.sizeBytes}`.as("own_size"),
          storedBytes: sql<Sum>`${chunks.storedBytes}`.as("own_stored"),
          shared: sql<number>`case when exists ${elsewhere} then 1 else 0 end`.as("is_shared"),
        })
        .from(own)
        .innerJoin(chunks, eq(chunks.digest, own.digest))
        .as("each_chunk");
      return builder
        .select({ shared: each.shared, ...sumColumns(each) })
        .from(each)
        .groupBy(sql`${each.shared}`);
    };
    const name = `storage.chunksOf/${before === undefined ? "last" : "span"}`;
    return await this.#session.prepared(name, build, { objectId, from, before });
  }

  async #digestBehind(from: string, limit: number): Promise<string | undefined> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = () =>
      builder
        .select({ digest: chunks.digest })
        .from(chunks)
        .where(gte(chunks.digest, slot(chunks.digest, "from")))
        .orderBy(chunks.digest)
        .limit(1)
        .offset(sql.placeholder("limit"));
    const [row] = await this.#session.prepared("storage.behind", build, { from, limit });
    return row?.digest;
  }

  async #chunksIn(from: string, before: string | undefined) {
    const { builder, tables } = this.#session;
    const { chunks, fileChunks } = tables;
    const build = () => {
      const inFile = builder
        .select({ one: sql`1` })
        .from(fileChunks)
        .where(eq(fileChunks.digest, chunks.digest));
      const each = builder
        .select({
          sizeBytes: sql<Sum>`${chunks.sizeBytes}`.as("own_size"),
          storedBytes: sql<Sum>`${chunks.storedBytes}`.as("own_stored"),
          used: sql<number>`case when exists ${inFile} then 1 else 0 end`.as("is_used"),
          condemned: sql<number>`case when ${chunks.state} = 'condemned' then 1 else 0 end`.as(
            "is_condemned",
          ),
          packed: sql<number>`case when ${chunks.packId} is null then 0 else 1 end`.as("is_packed"),
        })
        .from(chunks)
        .where(this.#inSpan(chunks.digest, before))
        .as("each_chunk");
      const { used, condemned, packed } = each;
      return builder
        .select({ used, condemned, packed, ...sumColumns(each) })
        .from(each)
        .groupBy(sql`${used}`, sql`${condemned}`, sql`${packed}`);
    };
    const name = `storage.chunksIn/${before === undefined ? "last" : "span"}`;
    return await this.#session.prepared(name, build, { from, before });
  }

  async #namespacesIn(from: string, before: string | undefined) {
    const { builder, tables } = this.#session;
    const { chunks, fileChunks } = tables;
    const build = () => {
      // The index has both columns, in this order: nothing is sorted.
      const pairs = builder
        .selectDistinct({ digest: fileChunks.digest, namespaceId: fileChunks.namespaceId })
        .from(fileChunks)
        .where(this.#inSpan(fileChunks.digest, before))
        .as("pairs");
      return (
        builder
          .select({
            namespaceId: pairs.namespaceId,
            count: sql<Sum>`count(*)`,
            sizeBytes: sumOf(chunks.sizeBytes),
            storedBytes: sumOf(chunks.storedBytes),
          })
          .from(pairs)
          .innerJoin(chunks, eq(chunks.digest, pairs.digest))
          // Said once more, without which PostgreSQL reads all chunks for every span.
          .where(this.#inSpan(chunks.digest, before))
          .groupBy(pairs.namespaceId)
      );
    };
    const name = `storage.namespacesIn/${before === undefined ? "last" : "span"}`;
    return await this.#session.prepared(name, build, { from, before });
  }

  #inSpan(digest: Session["tables"]["chunks"]["digest"] | FileChunkDigest, before: string | undefined) {
    const begin = gte(digest, slot(digest, "from"));
    return before === undefined ? begin : and(begin, lt(digest, slot(digest, "before")));
  }
}

/** The digest at a part of the way from the first to the last one. */
function digestAt(share: number): string {
  return Math.floor(share * 2 ** 32)
    .toString(16)
    .padStart(8, "0")
    .padEnd(64, "0");
}

type FileChunkDigest = Session["tables"]["fileChunks"]["digest"];

function sumOf(column: Parameters<typeof eq>[0] | SQL): SQL<Sum> {
  return sql<Sum>`coalesce(sum(${column}), 0)`;
}

function sumColumns(of: { readonly sizeBytes: SQL.Aliased; readonly storedBytes: SQL.Aliased }) {
  return {
    count: sql<Sum>`count(*)`,
    sizeBytes: sumOf(sql`${of.sizeBytes}`),
    storedBytes: sumOf(sql`${of.storedBytes}`),
  };
}

function sumsOf(
  row: { readonly count: Sum; readonly sizeBytes: Sum; readonly storedBytes: Sum } | undefined,
): ChunkSums {
  return {
    count: Number(row?.count ?? 0),
    sizeBytes: Number(row?.sizeBytes ?? 0),
    storedBytes: Number(row?.storedBytes ?? 0),
  };
}
