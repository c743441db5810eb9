import type { Chunk, Pack } from "./entities.ts";

/** What is noted of a part of the chunks, and what its rows say. */
export interface ShardTotals {
  readonly noted: { readonly count: number; readonly storedBytes: number };
  readonly counted: { readonly count: number; readonly storedBytes: number };
}

/** The parts that chunks are counted in, by the first digit of their digests. */
export const TOTAL_SHARDS = 16;

/** What checks of the storage ask for, beside whole tables. */
export interface StorageCheckReader {
  packs(ids: readonly string[]): Promise<readonly Pack[]>;
  /** Rows whose pack this is, in the order of their digests, after one of them. */
  chunksOfPack(packId: string, after: string | undefined, limit: number): Promise<readonly Chunk[]>;
  /** Which of these objects wait to be deleted. */
  doomed(keys: readonly string[]): Promise<ReadonlySet<string>>;
  totals(shard: number): Promise<ShardTotals>;
}

/** What repairs write. */
export interface StorageCheckWriter extends StorageCheckReader {
  /** Notes what the rows of the shard say. */
  recount(shard: number): Promise<void>;
  /** Puts the row in the place of the one with its id, or beside the others. */
  putPack(pack: Pack): Promise<void>;
  removePack(id: string): Promise<void>;
}
