import { eq, sql } from "drizzle-orm";
import type {
  ChunkSpan,
  FileTotals,
  ObjectUsage,
  OtherObjects,
  StorageWriter,
} from "../../domain/storage-report.ts";
import type { Session } from "../session.ts";
import { insertRows, slot } from "./queries.ts";
import { StorageUsage } from "./storage-usage.ts";

const NONE: FileTotals = { fileCount: 0, fileBytes: 0 };

/** How much the files of namespaces are, and what their bytes take. */
export class StorageRepository implements StorageWriter {
  readonly #session: Session;
  readonly #usage: StorageUsage;

  constructor(session: Session) {
    this.#session = session;
    this.#usage = new StorageUsage(session);
  }

  async ofNamespace(namespaceId: string): Promise<FileTotals> {
    return (await this.#row(namespaceId, false)) ?? NONE;
  }

  async ofAll(): Promise<FileTotals> {
    return await this.#usage.ofAll();
  }

  async ofObject(objectId: string): Promise<ObjectUsage> {
    return await this.#usage.ofObject(objectId);
  }

  async chunkSpan(from: string | undefined, limit: number): Promise<ChunkSpan> {
    return await this.#usage.chunkSpan(from, limit);
  }

  async otherObjects(): Promise<OtherObjects> {
    return await this.#usage.otherObjects();
  }

  async lockNamespace(namespaceId: string): Promise<FileTotals> {
    const found = await this.#row(namespaceId, true);
    if (found !== undefined) return found;
    await this.#insert(namespaceId, NONE);
    return (await this.#row(namespaceId, true)) ?? NONE;
  }

  /** Adds files, or takes them away where the numbers are negative. The row stays locked until the end of the transaction. */
  async add(namespaceId: string, change: FileTotals): Promise<void> {
    if (change.fileCount === 0 && change.fileBytes === 0) return;
    if ((await this.#update(namespaceId, change)) > 0) return;
    if ((await this.#insert(namespaceId, change)) === 0) await this.#update(namespaceId, change);
  }

  /** Removes the sums of a namespace that has no files any more. */
  async forget(namespaceId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { namespaceStorage } = tables;
    const build = () =>
      builder
        .delete(namespaceStorage)
        .where(eq(namespaceStorage.namespaceId, slot(namespaceStorage.namespaceId, "namespaceId")));
    await this.#session.prepared("storage.forget", build, { namespaceId });
  }

  async #row(namespaceId: string, locks: boolean): Promise<FileTotals | undefined> {
    const { builder, tables, dialect } = this.#session;
    const { namespaceStorage: sums } = tables;
    const build = () => {
      const query = builder
        .select({ fileCount: sums.fileCount, fileBytes: sums.fileBytes })
        .from(sums)
        .where(eq(sums.namespaceId, slot(sums.namespaceId, "namespaceId")));
      return locks ? dialect.locked(query) : query;
    };
    const name = locks ? "storage.lock" : "storage.get";
    const [row] = await this.#session.prepared(name, build, { namespaceId });
    return row;
  }

  async #insert(namespaceId: string, totals: FileTotals): Promise<number> {
    const { namespaceStorage } = this.#session.tables;
    return await insertRows(this.#session, "storage.insert", namespaceStorage, [{ namespaceId, ...totals }]);
  }

  async #update(namespaceId: string, change: FileTotals): Promise<number> {
    const { builder, tables, dialect } = this.#session;
    const { namespaceStorage: sums } = tables;
    const build = () =>
      builder
        .update(sums)
        .set({
          fileCount: sql`${sums.fileCount} + ${sql.placeholder("fileCount")}`,
          fileBytes: sql`${sums.fileBytes} + ${sql.placeholder("fileBytes")}`,
        })
        .where(eq(sums.namespaceId, slot(sums.namespaceId, "namespaceId")));
    return dialect.affectedRows(
      await this.#session.prepared("storage.add", build, { namespaceId, ...change }),
    );
  }
}
