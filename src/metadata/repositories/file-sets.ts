import { and, asc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { DigestState, FileChunk, StoredFile } from "../../domain/entities.ts";
import type { NewFile } from "../../domain/metadata-store.ts";
import type { FileTotals } from "../../domain/storage-report.ts";
import { newId } from "../../domain/ids.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "../../domain/limits.ts";
import { compareBytes } from "../list/compare-bytes.ts";
import type { Session } from "../session.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";
import { StorageRepository } from "./storage.ts";

type FileRow = Session["tables"]["files"]["$inferSelect"];
/** The artifact through which files are seen. */
interface Through {
  readonly id: string;
  readonly namespaceId: string;
  readonly fileSetId: string;
}

const FILES_PER_STEP = 1000;
const CHUNKS_PER_STEP = 10_000;
/** Sorts after every path: the last character that Unicode has. */
const AFTER_ALL_PATHS = "\u{10ffff}";

/** Files and their pieces. A set belongs to one artifact, or to several that were copied from one another. */
export class FileSetRepository {
  readonly #session: Session;
  readonly #storage: StorageRepository;

  constructor(session: Session) {
    this.#session = session;
    this.#storage = new StorageRepository(session);
  }

  async files(
    artifact: Through,
    prefix: string,
    afterPath: string | undefined,
    limit: number,
  ): Promise<readonly StoredFile[]> {
    const folder = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
    if (folder === "") return await this.#between(artifact, afterPath ?? "", AFTER_ALL_PATHS, limit);
    const found: StoredFile[] = [];
    if (limit > 0 && (afterPath === undefined || compareBytes(afterPath, folder) < 0)) {
      const exact = await this.fileByPath(artifact, folder);
      if (exact !== undefined) found.push(exact);
    }
    // All that begins with "a/" lies between "a/" and "a0": "0" follows "/".
    const begin = `${folder}/`;
    const after = afterPath !== undefined && compareBytes(afterPath, begin) > 0 ? afterPath : begin;
    found.push(...(await this.#between(artifact, after, `${folder}0`, limit - found.length)));
    return found;
  }

  async file(fileId: string): Promise<StoredFile | undefined> {
    const { builder, tables } = this.#session;
    const { files, artifacts } = tables;
    const build = () =>
      builder
        .select({ file: files, artifact: artifacts })
        .from(files)
        .innerJoin(artifacts, eq(artifacts.fileSetId, files.fileSetId))
        .where(eq(files.id, slot(files.id, "fileId")))
        .orderBy(asc(artifacts.id))
        .limit(1);
    const [row] = await this.#session.prepared("files.get", build, { fileId });
    return row === undefined ? undefined : fileOf(row.file, row.artifact);
  }

  async fileByPath(artifact: Through, path: string): Promise<StoredFile | undefined> {
    const { builder, tables } = this.#session;
    const { files } = tables;
    const build = () =>
      builder
        .select()
        .from(files)
        .where(
          and(
            eq(files.fileSetId, slot(files.fileSetId, "fileSetId")),
            eq(files.path, slot(files.path, "path")),
          ),
        );
    const [row] = await this.#session.prepared("files.byPath", build, {
      fileSetId: artifact.fileSetId,
      path,
    });
    return row === undefined ? undefined : fileOf(row, artifact);
  }

  async chunks(fileId: string, fromOffset: number, limit: number): Promise<readonly FileChunk[]> {
    const { builder, tables } = this.#session;
    const { fileChunks } = tables;
    const columns = {
      digest: fileChunks.digest,
      offsetBytes: fileChunks.offsetBytes,
      sizeBytes: fileChunks.sizeBytes,
    };
    // The one that begins at or before the offset is found from its beginning; pieces have no gaps between them.
    const first = sql`coalesce((select max(earlier.offset_bytes) from ${fileChunks} as earlier where earlier.file_id = ${slot(fileChunks.fileId, "fileId")} and earlier.offset_bytes <= ${sql.placeholder("fromOffset")}), 0)`;
    const build = () =>
      builder
        .select(columns)
        .from(fileChunks)
        .where(
          and(
            eq(fileChunks.fileId, slot(fileChunks.fileId, "fileId")),
            gte(fileChunks.offsetBytes, first),
            gt(sql`${fileChunks.offsetBytes} + ${fileChunks.sizeBytes}`, sql.placeholder("fromOffset")),
          ),
        )
        .orderBy(asc(fileChunks.offsetBytes))
        .limit(sql.placeholder("limit"));
    return await this.#session.prepared("files.chunks", build, { fileId, fromOffset, limit });
  }

  async pending(limit: number): Promise<readonly StoredFile[]> {
    const { builder, tables } = this.#session;
    const { files, artifacts, pendingFiles } = tables;
    const ids = builder
      .select({ id: pendingFiles.fileId })
      .from(pendingFiles)
      .orderBy(pendingFiles.fileId)
      .limit(limit);
    const fileIds = (await this.#session.run(ids)).map((row) => row.id);
    const build = (size: number) =>
      builder
        .select({ file: files, artifact: artifacts })
        .from(files)
        .innerJoin(artifacts, eq(artifacts.fileSetId, files.fileSetId))
        .where(inSlots(files.id, size))
        .orderBy(asc(files.id), asc(artifacts.id));
    const rows = (await forKeys(this.#session, "files.pending", fileIds, build)).flat();
    const found = new Map<string, StoredFile>();
    for (const { file, artifact } of rows)
      if (!found.has(file.id)) found.set(file.id, fileOf(file, artifact));
    return [...found.values()];
  }

  async insert(fileSetId: string, newFiles: readonly NewFile[]): Promise<void> {
    await this.#insert(fileSetId, newFiles);
    await this.#count(newFiles.map(({ file }) => file));
  }

  async #insert(fileSetId: string, newFiles: readonly NewFile[]): Promise<void> {
    const { files, fileChunks, pendingFiles, pendingEncodings } = this.#session.tables;
    for (let begin = 0; begin < newFiles.length; begin += FILES_PER_STEP) {
      const step = newFiles.slice(begin, begin + FILES_PER_STEP);
      const rows = step.map(({ file: { artifactId: _artifactId, ...file } }) => ({
        ...file,
        fileSetId,
        sha256: file.sha256 === "" ? null : file.sha256,
        claimedSha256: file.claimedSha256 === "" ? null : file.claimedSha256,
      }));
      await insertRows(this.#session, "files.insert", files, rows, { type: "strict", what: "files" });
      const pending = step
        .filter(({ file }) => file.digestState === "pending")
        .map(({ file }) => ({ fileId: file.id }));
      await insertRows(this.#session, "pendingFiles.insert", pendingFiles, pending);
      const encodable = step
        .filter(({ chunks }) => chunks.some(({ sizeBytes }) => sizeBytes >= MIN_ENCODED_CHUNK_BYTES))
        .map(({ file }) => ({ fileId: file.id }));
      await insertRows(this.#session, "pendingEncodings.insert", pendingEncodings, encodable);
      const pieces = step.flatMap(({ file, chunks }) =>
        chunks.map((chunk) => ({
          fileId: file.id,
          offsetBytes: chunk.offsetBytes,
          sizeBytes: chunk.sizeBytes,
          digest: chunk.digest,
          namespaceId: file.namespaceId,
        })),
      );
      await insertRows(this.#session, "fileChunks.insert", fileChunks, pieces, {
        type: "strict",
        what: "pieces of a file",
      });
    }
  }

  /** Copies the rows of a set; the bytes stay where they are. */
  async copy(from: Through, toFileSetId: string, namespaceId: string): Promise<void> {
    let afterPath: string | undefined;
    for (;;) {
      const page = await this.files(from, "", afterPath, FILES_PER_STEP);
      if (page.length === 0) return;
      for (const file of page) {
        const id = newId();
        await this.#insert(toFileSetId, [{ file: { ...file, id, namespaceId }, chunks: [] }]);
        await this.#copyChunks(file.id, id, namespaceId);
      }
      await this.#count(page.map((file) => ({ ...file, namespaceId })));
      afterPath = page.at(-1)?.path;
    }
  }

  async setDigest(fileId: string, sha256: string, state: DigestState): Promise<void> {
    const { builder, tables } = this.#session;
    const { files, pendingFiles } = tables;
    const update = () =>
      builder
        .update(files)
        .set({
          sha256: slot(files.sha256, "sha256"),
          digestState: slot(files.digestState, "state"),
        })
        .where(eq(files.id, slot(files.id, "fileId")));
    await this.#session.prepared("files.setDigest", update, {
      fileId,
      sha256: sha256 === "" ? null : sha256,
      state,
    });
    if (state === "pending") {
      await insertRows(this.#session, "pendingFiles.insert", pendingFiles, [{ fileId }]);
      return;
    }
    const remove = () =>
      builder.delete(pendingFiles).where(eq(pendingFiles.fileId, slot(pendingFiles.fileId, "fileId")));
    await this.#session.prepared("pendingFiles.delete", remove, { fileId });
  }

  /** Removes the files of a set with their pieces, step by step so that others get a turn. */
  async delete(fileSetId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { files, fileChunks, pendingFiles, pendingEncodings } = tables;
    const find = () =>
      builder
        .select({
          id: files.id,
          namespaceId: files.namespaceId,
          sizeBytes: files.sizeBytes,
          uri: files.uri,
        })
        .from(files)
        .where(eq(files.fileSetId, slot(files.fileSetId, "fileSetId")))
        .limit(FILES_PER_STEP);
    for (;;) {
      const rows = await this.#session.prepared("files.idsOfSet", find, { fileSetId });
      if (rows.length === 0) return;
      const ids = rows.map((row) => row.id);
      await forKeys(this.#session, "fileChunks.deleteOf", ids, (size) =>
        builder.delete(fileChunks).where(inSlots(fileChunks.fileId, size)),
      );
      await forKeys(this.#session, "pendingFiles.deleteOf", ids, (size) =>
        builder.delete(pendingFiles).where(inSlots(pendingFiles.fileId, size)),
      );
      await forKeys(this.#session, "pendingEncodings.deleteOf", ids, (size) =>
        builder.delete(pendingEncodings).where(inSlots(pendingEncodings.fileId, size)),
      );
      await forKeys(this.#session, "files.deleteOf", ids, (size) =>
        builder.delete(files).where(inSlots(files.id, size)),
      );
      await this.#count(rows, -1);
    }
  }

  /** Adds files of one set to the sums of their namespace, or with `sign` -1 takes them away; tracked ones don't count. */
  async #count(
    counted: readonly Pick<StoredFile, "namespaceId" | "sizeBytes" | "uri">[],
    sign: 1 | -1 = 1,
  ): Promise<void> {
    const stored = counted.filter((file) => file.uri === "");
    const [first] = stored;
    if (first === undefined) return;
    // Subtracted instead of multiplied by the sign: a database takes -0 for no whole number.
    const bytes = stored.reduce((sum, file) => sum + file.sizeBytes, 0);
    const change: FileTotals =
      sign === 1
        ? { fileCount: stored.length, fileBytes: bytes }
        : { fileCount: 0 - stored.length, fileBytes: 0 - bytes };
    await this.#storage.add(first.namespaceId, change);
  }

  async #between(
    artifact: Through,
    after: string,
    before: string,
    limit: number,
  ): Promise<readonly StoredFile[]> {
    const { builder, tables } = this.#session;
    const { files } = tables;
    const build = () =>
      builder
        .select()
        .from(files)
        .where(
          and(
            eq(files.fileSetId, slot(files.fileSetId, "fileSetId")),
            gt(files.path, slot(files.path, "after")),
            lt(files.path, slot(files.path, "before")),
          ),
        )
        .orderBy(asc(files.path))
        .limit(sql.placeholder("limit"));
    const values = { fileSetId: artifact.fileSetId, after, before, limit };
    const rows = await this.#session.prepared("files.between", build, values);
    return rows.map((row) => fileOf(row, artifact));
  }

  async #copyChunks(fromFileId: string, toFileId: string, namespaceId: string): Promise<void> {
    const { fileChunks } = this.#session.tables;
    let fromOffset = 0;
    for (;;) {
      const page = await this.chunks(fromFileId, fromOffset, CHUNKS_PER_STEP);
      const rows = page.map(({ digest, offsetBytes, sizeBytes }) => ({
        fileId: toFileId,
        offsetBytes,
        sizeBytes,
        digest,
        namespaceId,
      }));
      await insertRows(this.#session, "fileChunks.insert", fileChunks, rows, {
        type: "strict",
        what: "pieces of a file",
      });
      const last = page.at(-1);
      if (last === undefined || page.length < CHUNKS_PER_STEP) return;
      fromOffset = last.offsetBytes + last.sizeBytes;
    }
  }
}

function fileOf(row: FileRow, artifact: Through): StoredFile {
  const { fileSetId: _fileSetId, sha256, claimedSha256, digestState, ...rest } = row;
  return {
    ...rest,
    artifactId: artifact.id,
    namespaceId: artifact.namespaceId,
    sha256: sha256 ?? "",
    claimedSha256: claimedSha256 ?? "",
    digestState: digestState as DigestState,
  };
}
