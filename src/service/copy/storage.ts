import type { Chunk } from "../../domain/entities.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import type { ServiceContext } from "../context.ts";

/** Where an installation keeps what it has. */
export type Storage = Pick<ServiceContext, "metadata" | "blobs">;

/** The table whose rows say where bytes are: a row is put once its bytes are there. */
export const CHUNK_TABLE = "chunks";

/** How far a copy, backup or restore has got. */
export interface CopyProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneChunks: number;
  readonly totalChunks: number;
}

/** What all that moves a whole installation can be told. */
export interface CopyOptions {
  /** Goes on without chunks whose bytes are damaged or missing, and marks them as such in the target. */
  readonly skipDamaged: boolean;
  /** Ends it between two steps; the reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Told after each page of rows how many there were in all, by what was done with them. */
  readonly onRows?: ((step: "copied" | "compared", rows: number) => void) | undefined;
}

/** What a table had. */
export interface TableSummary {
  readonly rows: number;
  /** SHA-256 (hex) of its rows as lines, in the order of their keys. */
  readonly sha256: string;
}

/** A row of the chunk table. */
export interface ChunkRow extends TableRow {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly generation: string;
  readonly objectKey: string;
  readonly storedBytes: number;
  readonly state: string;
}

/** A row as the chunk that it is. */
export function chunkOfRow(row: ChunkRow): Chunk {
  const text = (field: string): string => String(row[field] ?? "");
  const { baseDigest, packId, namespaceId } = {
    baseDigest: text("baseDigest"),
    packId: text("packId"),
    namespaceId: text("namespaceId"),
  };
  return { ...(row as unknown as Chunk), baseDigest, packId, namespaceId };
}

/** Tables of what is in no copy: work in the background, and, unless the bytes stay where they are, what waits to be deleted. */
export function isCopied(table: string, sameBlobs: boolean): boolean {
  return table !== "jobs" && (sameBlobs || table !== "doomedObjects");
}
