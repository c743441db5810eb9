import { asc, count, eq, lte, sql } from "drizzle-orm";
import type { Chunk, StoredFile } from "../../domain/entities.ts";
import type { EncodingWriter } from "../../domain/background-work.ts";
import type { Session } from "../session.ts";
import { ChunkRepository } from "./chunks.ts";
import { Doom } from "./doom.ts";
import { FileSetRepository } from "./file-sets.ts";
import { forKeys, inSlots, slot } from "./queries.ts";

/** Chunks above one another that are looked at; more than this and a chunk counts as the highest that there can be. */
const MAX_DEPENDENTS = 1_000;

/** What the background is to store in a smaller form, and what it has. */
export class EncodingRepository implements EncodingWriter {
  readonly #session: Session;
  readonly #chunks: ChunkRepository;
  readonly #fileSets: FileSetRepository;
  readonly #doom: Doom;

  constructor(session: Session) {
    this.#session = session;
    this.#chunks = new ChunkRepository(session);
    this.#fileSets = new FileSetRepository(session);
    this.#doom = new Doom(session);
  }

  async pendingFiles(now: number, limit: number): Promise<readonly (StoredFile | string)[]> {
    const { builder, tables } = this.#session;
    const { pendingEncodings } = tables;
    const build = () =>
      builder
        .select()
        .from(pendingEncodings)
        .where(lte(pendingEncodings.dueAt, slot(pendingEncodings.dueAt, "now")))
        .orderBy(asc(pendingEncodings.dueAt), asc(pendingEncodings.fileId))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("encodings.pending", build, { now, limit });
    const found: (StoredFile | string)[] = [];
    for (const { fileId } of rows) found.push((await this.#fileSets.file(fileId)) ?? fileId);
    return found;
  }

  async pendingRebases(limit: number): Promise<readonly string[]> {
    const { builder, tables } = this.#session;
    const { pendingRebases } = tables;
    const build = () =>
      builder
        .select()
        .from(pendingRebases)
        .orderBy(asc(pendingRebases.digest))
        .limit(sql.placeholder("limit"));
    const rows = await this.#session.prepared("rebases.pending", build, { limit });
    return rows.map(({ digest }) => digest);
  }

  async waiting(now: number): Promise<{ readonly files: number; readonly rebases: number }> {
    const { builder, tables } = this.#session;
    const { pendingEncodings, pendingRebases } = tables;
    const files = () =>
      builder
        .select({ count: count() })
        .from(pendingEncodings)
        .where(lte(pendingEncodings.dueAt, slot(pendingEncodings.dueAt, "now")));
    const rebases = () => builder.select({ count: count() }).from(pendingRebases);
    const [file] = await this.#session.prepared("encodings.count", files, { now });
    const [rebase] = await this.#session.prepared("rebases.count", rebases, {});
    return { files: Number(file?.count ?? 0), rebases: Number(rebase?.count ?? 0) };
  }

  async height(digest: string, limit: number): Promise<number> {
    let level: readonly string[] = [digest];
    let seen = 0;
    for (let height = 0; height < limit; height += 1) {
      level = await this.#dependents(level);
      seen += level.length;
      if (level.length === 0) return height;
      if (seen > MAX_DEPENDENTS) return limit;
    }
    return limit;
  }

  async switchForm(from: Chunk, to: Chunk, now: number): Promise<boolean> {
    if (to.baseDigest !== "" && !(await this.#canBuildOn(to))) return false;
    if (!(await this.#chunks.replace(to, from.generation, ["stored"]))) return false;
    await this.#chunks.count([{ ...to, storedBytes: to.storedBytes - from.storedBytes }], 0);
    await this.#doom.abandon([from], now);
    await this.#setDepths(to);
    return true;
  }

  async finishFile(fileId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { pendingEncodings } = tables;
    const build = () =>
      builder
        .delete(pendingEncodings)
        .where(eq(pendingEncodings.fileId, slot(pendingEncodings.fileId, "id")));
    await this.#session.prepared("encodings.finish", build, { id: fileId });
  }

  async postponeFile(fileId: string, dueAt: number): Promise<void> {
    const { builder, tables } = this.#session;
    const { pendingEncodings } = tables;
    const build = () =>
      builder
        .update(pendingEncodings)
        .set({ dueAt: slot(pendingEncodings.dueAt, "dueAt") })
        .where(eq(pendingEncodings.fileId, slot(pendingEncodings.fileId, "id")));
    await this.#session.prepared("encodings.postpone", build, { id: fileId, dueAt });
  }

  async finishRebase(digest: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { pendingRebases } = tables;
    const build = () =>
      builder.delete(pendingRebases).where(eq(pendingRebases.digest, slot(pendingRebases.digest, "digest")));
    await this.#session.prepared("rebases.finish", build, { digest });
  }

  /** Bases are younger than what builds on them: so no chunk can build on itself, whoever switches forms at a time. */
  async #canBuildOn(chunk: Chunk): Promise<boolean> {
    const [base] = await this.#chunks.getMany([chunk.baseDigest]);
    return (
      base !== undefined &&
      base.state === "stored" &&
      base.durable &&
      base.chainDepth + 1 === chunk.chainDepth &&
      (base.createdAt > chunk.createdAt || (base.createdAt === chunk.createdAt && base.digest > chunk.digest))
    );
  }

  /** Corrects the depths of all that builds on a chunk. */
  async #setDepths({ digest, chainDepth }: Chunk): Promise<void> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    let level: readonly string[] = await this.#dependents([digest]);
    for (let depth = chainDepth + 1; level.length > 0; depth += 1) {
      const build = (size: number) =>
        builder
          .update(chunks)
          .set({ chainDepth: slot(chunks.chainDepth, "depth") })
          .where(inSlots(chunks.digest, size));
      await forKeys(this.#session, "encodings.depth", [...level].toSorted(), build, { depth });
      level = await this.#dependents(level);
    }
  }

  async #dependents(bases: readonly string[]): Promise<readonly string[]> {
    const { builder, tables } = this.#session;
    const { chunks } = tables;
    const build = (size: number) =>
      builder.select({ digest: chunks.digest }).from(chunks).where(inSlots(chunks.baseDigest, size));
    const pages = await forKeys(this.#session, "encodings.dependents", bases, build);
    return pages.flat().map(({ digest }) => digest);
  }
}
