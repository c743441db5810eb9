import type { Chunk, Pack } from "./entities.ts";

export interface ChunkReader {
  getMany(digests: readonly string[]): Promise<readonly Chunk[]>;
  /**
   * Which of these digests are stored and, in a namespace that the caller may read, part of a file or held by an upload
   * lease that was not purged yet: so an upload that was killed goes on under a new lease.
   */
  presentIn(
    digests: readonly string[],
    namespaceIds: readonly string[] | "all",
  ): Promise<ReadonlySet<string>>;
  /** Which of these digests a lease holds, stored. */
  heldBy(leaseId: string, digests: readonly string[]): Promise<readonly Chunk[]>;
  /** The same, with nothing but their sizes: for many. */
  heldSizes(
    leaseId: string,
    digests: readonly string[],
  ): Promise<readonly Pick<Chunk, "digest" | "sizeBytes">[]>;
  /** How many chunks are stored and the sum of their stored bytes; for metrics. May be an estimate. */
  totals(): Promise<{ readonly count: number; readonly storedBytes: number }>;
}

export interface ChunkWriter extends ChunkReader {
  /**
   * Stores the row unless the digest is stored already; returns the row that is there now. A row that is condemned or
   * quarantined is replaced, and its object is doomed at the time of the new one.
   */
  insert(chunk: Chunk): Promise<Chunk>;
  /** The same for many, each digest once, in few statements; by digest. */
  insertMany(chunks: readonly Chunk[]): Promise<ReadonlyMap<string, Chunk>>;
  /** Lets the lease protect these digests; repeats are no error. */
  hold(leaseId: string, digests: readonly string[]): Promise<void>;
  markDurable(digests: readonly string[]): Promise<void>;
  /** Marks bytes that failed their digest, unless the digest was stored anew since: no later upload reuses them. */
  quarantine(digest: string, generation: string): Promise<void>;
  /** Takes a quarantined chunk back into use whose bytes are right after all, unless it was stored anew since. */
  heal(digest: string, generation: string): Promise<void>;
}

export interface PackReader {
  get(id: string): Promise<Pack | undefined>;
}

export interface PackWriter extends PackReader {
  insert(pack: Pack): Promise<void>;
}
