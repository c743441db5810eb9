import { z } from "zod";
import { damaged } from "./damaged-archive.ts";

/**
 * The members of an archive, in this order. docs/storage-layout.md describes them for other programs.
 *
 *   modelbox-backup.json            what it is: format, version, schema, time and source
 *   tables/<table>/000001.jsonl     the rows of every table, in pages, each row a line
 *   chunks/<sha256>                 the bytes of each chunk
 *   manifest.json                   counts and digests of all that comes before
 */
export const HEAD_NAME = "modelbox-backup.json";
export const MANIFEST_NAME = "manifest.json";
const CHUNK_NAME = /^chunks\/([0-9a-f]{64})$/;
const TABLE_NAME = /^tables\/([A-Za-z]+)\/\d{6,}\.jsonl$/;

/** 2: its rows say that every chunk is stored plainly, in an object of its own. */
export const FORMAT = 2;

const headSchema = z.object({
  format: z.number().int(),
  /** Version of the ModelBox that wrote it. */
  modelbox: z.string(),
  /** The last migration that its tables have. */
  schema: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  /** The database, for people. */
  source: z.string(),
});

const manifestSchema = z.object({
  tables: z.record(z.string(), z.object({ rows: z.number().int(), sha256: z.string() })),
  chunks: z.object({ chunks: z.number().int(), bytes: z.number().int() }),
  /** Digests of chunks that are left out, since their bytes were damaged. */
  damaged: z.array(z.string()),
  /** Of all bytes of the archive before this member. */
  sha256: z.string(),
});

export type ArchiveHead = z.infer<typeof headSchema>;
export type ArchiveManifest = z.infer<typeof manifestSchema>;

export function tableMember(table: string, page: number): string {
  return `tables/${table}/${String(page).padStart(6, "0")}.jsonl`;
}

export function chunkMember(digest: string): string {
  return `chunks/${digest}`;
}

/** What a member is, by its name. */
export function memberOf(
  name: string,
):
  | { readonly type: "table"; readonly table: string }
  | { readonly type: "chunk"; readonly digest: string }
  | { readonly type: "other" } {
  const table = TABLE_NAME.exec(name)?.[1];
  if (table !== undefined) return { type: "table", table };
  const digest = CHUNK_NAME.exec(name)?.[1];
  return digest === undefined ? { type: "other" } : { type: "chunk", digest };
}

export function parseHead(bytes: Uint8Array): ArchiveHead {
  return parse(headSchema, bytes, HEAD_NAME);
}

export function parseManifest(bytes: Uint8Array): ArchiveManifest {
  return parse(manifestSchema, bytes, MANIFEST_NAME);
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, name: string): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    throw damaged(`its ${name} can't be read`);
  }
}
