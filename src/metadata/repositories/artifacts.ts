import { and, eq } from "drizzle-orm";
import type { Artifact, DigestState, FileChunk, StoredFile } from "../../domain/entities.ts";
import { DEFAULT_ARTIFACT } from "../../domain/entities.ts";
import { alreadyExists, notFound } from "../../domain/errors.ts";
import type { ArtifactWriter, ListPage, ListQuery, NewFile } from "../../domain/metadata-store.ts";
import { listArtifacts } from "../list/lists.ts";
import type { Session } from "../session.ts";
import { artifactOf } from "./artifact-rows.ts";
import type { ArtifactRow } from "./artifact-rows.ts";
import { FileSetRepository } from "./file-sets.ts";
import { forKeys, inSlots, insertRows, slot } from "./queries.ts";

/** Artifacts and, through their file sets, files. */
export class ArtifactRepository implements ArtifactWriter {
  readonly #session: Session;
  readonly #fileSets: FileSetRepository;

  constructor(session: Session) {
    this.#session = session;
    this.#fileSets = new FileSetRepository(session);
  }

  async get(id: string): Promise<Artifact | undefined> {
    const row = await this.#row(id);
    return row === undefined ? undefined : artifactOf(row);
  }

  async find(objectId: string, name: string): Promise<Artifact | undefined> {
    const { builder, tables } = this.#session;
    const { artifacts } = tables;
    const build = () =>
      builder
        .select()
        .from(artifacts)
        .where(
          and(
            eq(artifacts.objectId, slot(artifacts.objectId, "objectId")),
            eq(artifacts.name, slot(artifacts.name, "name")),
          ),
        );
    const [row] = await this.#session.prepared("artifacts.find", build, { objectId, name });
    return row === undefined ? undefined : artifactOf(row);
  }

  async defaults(objectIds: readonly string[]): Promise<readonly Artifact[]> {
    const { builder, tables } = this.#session;
    const { artifacts } = tables;
    const build = (size: number) =>
      builder
        .select()
        .from(artifacts)
        .where(and(inSlots(artifacts.objectId, size), eq(artifacts.name, DEFAULT_ARTIFACT)));
    const pages = await forKeys(this.#session, "artifacts.defaults", objectIds, build);
    return pages.flat().map(artifactOf);
  }

  async list(query: ListQuery): Promise<ListPage<Artifact>> {
    return await listArtifacts(this.#session, query);
  }

  async files(
    artifactId: string,
    prefix: string,
    afterPath: string | undefined,
    limit: number,
  ): Promise<readonly StoredFile[]> {
    const artifact = await this.#row(artifactId);
    return artifact === undefined ? [] : await this.#fileSets.files(artifact, prefix, afterPath, limit);
  }

  async file(fileId: string): Promise<StoredFile | undefined> {
    return await this.#fileSets.file(fileId);
  }

  async filesById(fileIds: readonly string[]): Promise<readonly StoredFile[]> {
    return await this.#fileSets.filesById(fileIds);
  }

  async chunksOfFiles(fileIds: readonly string[], limit: number) {
    return await this.#fileSets.chunksOfFiles(fileIds, limit);
  }

  async fileByPath(artifactId: string, path: string): Promise<StoredFile | undefined> {
    const artifact = await this.#row(artifactId);
    return artifact === undefined ? undefined : await this.#fileSets.fileByPath(artifact, path);
  }

  async fileChunks(fileId: string, fromOffset: number, limit: number): Promise<readonly FileChunk[]> {
    return await this.#fileSets.chunks(fileId, fromOffset, limit);
  }

  async pendingFiles(limit: number): Promise<readonly StoredFile[]> {
    return await this.#fileSets.pending(limit);
  }

  async usesOf(digest: string, limit: number) {
    const { builder, tables } = this.#session;
    const { artifacts, files, fileChunks } = tables;
    const rows = await this.#session.run(
      builder
        .selectDistinct({ artifact: artifacts, path: files.path })
        .from(fileChunks)
        .innerJoin(files, eq(files.id, fileChunks.fileId))
        .innerJoin(artifacts, eq(artifacts.fileSetId, files.fileSetId))
        .where(eq(fileChunks.digest, digest))
        .limit(limit),
    );
    return rows.map(({ artifact, path }) => ({ artifact: artifactOf(artifact), path }));
  }

  async insert(artifact: Artifact, files: readonly NewFile[]): Promise<void> {
    // The set has the id of the artifact that it was made with.
    await this.#insertRow(artifact, artifact.id);
    await this.#fileSets.insert(artifact.id, files);
  }

  async copy(fromArtifactId: string, to: Artifact): Promise<void> {
    const from = await this.#row(fromArtifactId);
    if (from === undefined) throw notFound("artifact", fromArtifactId);
    // Who may read a file is told by its namespace, so a set does not reach across namespaces.
    if (from.namespaceId === to.namespaceId) {
      await this.#insertRow(to, from.fileSetId);
      return;
    }
    await this.#insertRow(to, to.id);
    await this.#fileSets.copy(from, to.id, to.namespaceId);
  }

  async setDigest(fileId: string, sha256: string, state: DigestState): Promise<void> {
    await this.#fileSets.setDigest(fileId, sha256, state);
  }

  async delete(id: string): Promise<void> {
    const artifact = await this.#row(id);
    if (artifact === undefined) return;
    const { builder, tables } = this.#session;
    const { artifacts } = tables;
    const remove = () => builder.delete(artifacts).where(eq(artifacts.id, slot(artifacts.id, "id")));
    await this.#session.prepared("artifacts.delete", remove, { id });
    const others = () =>
      builder
        .select({ id: artifacts.id })
        .from(artifacts)
        .where(eq(artifacts.fileSetId, slot(artifacts.fileSetId, "fileSetId")))
        .limit(1);
    const { fileSetId } = artifact;
    const [other] = await this.#session.prepared("artifacts.ofFileSet", others, { fileSetId });
    if (other === undefined) await this.#fileSets.delete(fileSetId);
  }

  /** Removes all that an object has. */
  async deleteAll(objectId: string): Promise<void> {
    const { builder, tables } = this.#session;
    const { artifacts } = tables;
    const build = () =>
      builder
        .select({ id: artifacts.id })
        .from(artifacts)
        .where(eq(artifacts.objectId, slot(artifacts.objectId, "objectId")));
    const rows = await this.#session.prepared("artifacts.idsOf", build, { objectId });
    for (const { id } of rows) await this.delete(id);
  }

  async #row(id: string): Promise<ArtifactRow | undefined> {
    const { builder, tables } = this.#session;
    const { artifacts } = tables;
    const build = () =>
      builder
        .select()
        .from(artifacts)
        .where(eq(artifacts.id, slot(artifacts.id, "id")));
    const [row] = await this.#session.prepared("artifacts.get", build, { id });
    return row;
  }

  async #insertRow(artifact: Artifact, fileSetId: string): Promise<void> {
    const { artifacts } = this.#session.tables;
    const written = await insertRows(this.#session, "artifacts.insert", artifacts, [
      { ...artifact, fileSetId },
    ]);
    if (written === 0) throw alreadyExists("artifact", artifact.name);
  }
}
