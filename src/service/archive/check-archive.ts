import { failedPrecondition } from "../../domain/errors.ts";
import { sha256 } from "../../hashing/digests.ts";
import { rowsOf, TableDigest } from "../copy/rows.ts";
import { CHUNK_TABLE } from "../copy/storage.ts";
import { damaged } from "./damaged-archive.ts";
import {
  FORMAT,
  HEAD_NAME,
  MANIFEST_NAME,
  memberOf,
  parseHead,
  parseManifest,
  type ArchiveHead,
  type ArchiveManifest,
} from "./format.ts";
import { membersOf, type ArchiveMember } from "./reader.ts";

/** An archive that is whole, and right in every byte. */
export interface CheckedArchive {
  readonly path: string;
  readonly head: ArchiveHead;
  readonly manifest: ArchiveManifest;
}

/** Reads all of an archive; throws DomainError "failed_precondition" with what is wrong with it. */
export async function checkArchive(path: string, signal: AbortSignal | undefined): Promise<CheckedArchive> {
  const contents = new Contents();
  for await (const member of membersOf(path)) {
    signal?.throwIfAborted();
    contents.add(member);
  }
  return { path, ...contents.finish() };
}

const NO_ROWS = new TableDigest().finish();

class Contents {
  readonly #tables = new Map<string, TableDigest>();
  readonly #chunks = { chunks: 0, bytes: 0 };
  #chunkRows = 0;
  #head: ArchiveHead | undefined;
  #manifest: ArchiveManifest | undefined;

  add(member: ArchiveMember): void {
    const { name, bytes } = member;
    if (this.#manifest !== undefined) throw damaged(`${name} comes behind its end`);
    if (this.#head === undefined) {
      if (name !== HEAD_NAME) throw damaged("it is no backup of ModelBox");
      this.#head = parseHead(bytes);
      requireFormat(this.#head);
      return;
    }
    const kind = memberOf(name);
    if (kind.type === "table") this.#addRows(kind.table, name, bytes);
    else if (kind.type === "chunk") this.#addChunk(kind.digest, bytes);
    else if (name === MANIFEST_NAME) {
      this.#manifest = parseManifest(bytes);
      if (this.#manifest.sha256 !== member.sha256Before())
        throw damaged("its bytes are not those that were written");
    } else throw damaged(`it has an unknown member ${name}`);
  }

  finish(): Omit<CheckedArchive, "path"> {
    const [head, manifest] = [this.#head, this.#manifest];
    if (head === undefined || manifest === undefined) throw damaged(`it has no ${MANIFEST_NAME}`);
    for (const [table, digest] of this.#tables)
      if (!Bun.deepEquals(digest.finish(), manifest.tables[table]))
        throw damaged(`its table ${table} is wrong`);
    for (const [table, summary] of Object.entries(manifest.tables))
      if (!this.#tables.has(table) && !Bun.deepEquals(summary, NO_ROWS))
        throw damaged(`its table ${table} is missing`);
    const isWhole = this.#chunkRows === manifest.chunks.chunks + manifest.damaged.length;
    if (!isWhole || !Bun.deepEquals(this.#chunks, manifest.chunks))
      throw damaged("some of its chunks are missing");
    return { head, manifest };
  }

  #addRows(table: string, name: string, bytes: Uint8Array): void {
    const lines = new TextDecoder().decode(bytes);
    let rows;
    try {
      rows = rowsOf(lines);
    } catch {
      throw damaged(`its ${name} can't be read`);
    }
    const digest = this.#tables.get(table) ?? new TableDigest();
    this.#tables.set(table, digest);
    digest.add(lines, rows.length);
    if (table === CHUNK_TABLE) this.#chunkRows += rows.length;
  }

  #addChunk(digest: string, bytes: Uint8Array): void {
    if (sha256(bytes) !== digest)
      throw damaged(`the bytes of its chunk ${digest} are not those that were written`);
    this.#chunks.chunks += 1;
    this.#chunks.bytes += bytes.byteLength;
  }
}

function requireFormat({ format, modelbox }: ArchiveHead): void {
  if (format === FORMAT) return;
  throw failedPrecondition(
    "ARCHIVE_FORMAT",
    `The archive has the form ${format}, and this ModelBox knows ${FORMAT}; use ModelBox ${modelbox} or a later one.`,
  );
}
