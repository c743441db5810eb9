/** How many stored files there are, and the sum of their sizes. */
export interface FileTotals {
  readonly fileCount: number;
  readonly fileBytes: number;
}

/** Some chunks, each counted once. */
export interface ChunkSums {
  readonly count: number;
  /** What they are. */
  readonly sizeBytes: number;
  /** What they take in the blob store. */
  readonly storedBytes: number;
}

export const NO_CHUNKS: ChunkSums = { count: 0, sizeBytes: 0, storedBytes: 0 };

export function addChunks(left: ChunkSums, right: ChunkSums): ChunkSums {
  return {
    count: left.count + right.count,
    sizeBytes: left.sizeBytes + right.sizeBytes,
    storedBytes: left.storedBytes + right.storedBytes,
  };
}

/** What the files of one object take. */
export interface ObjectUsage extends FileTotals {
  /** Chunks that no other object's files have: what they take is free when the object is deleted. */
  readonly exclusive: ChunkSums;
  /** Chunks that files of other objects have too. */
  readonly shared: ChunkSums;
}

/** Part of the chunks, in the order of their digests. */
export interface ChunkSpan {
  readonly chunks: readonly (ChunkSums & {
    /** Whether a file has them. */
    readonly used: boolean;
    /** Condemned by collection, which looks at them once more before they go. */
    readonly condemned: boolean;
    /** In objects that hold many. */
    readonly packed: boolean;
  })[];
  /** By namespace, those that its files have: a chunk counts in each of them. */
  readonly namespaces: readonly (ChunkSums & { readonly namespaceId: string })[];
  /** The digest that the next span begins with; undefined after the last. */
  readonly next: string | undefined;
}

/** Objects of the blob store that hold no single chunk. */
export interface OtherObjects {
  /** Those that hold many chunks. */
  readonly packBytes: number;
  /** Those that no chunk has any more, and that go once nobody can be reading them. */
  readonly doomedBytes: number;
}

/** Reads what files are and what their bytes take. */
export interface StorageReader {
  /** The stored files of a namespace; those that artifacts share by copy count once, tracked ones not at all. */
  ofNamespace(namespaceId: string): Promise<FileTotals>;
  /** The same for all namespaces together. */
  ofAll(): Promise<FileTotals>;
  /** Costs in proportion to the chunks of the object's files. */
  ofObject(objectId: string): Promise<ObjectUsage>;
  /** Sums over at most `limit` chunks from a digest on, the one itself included; undefined for the first. */
  chunkSpan(from: string | undefined, limit: number): Promise<ChunkSpan>;
  otherObjects(): Promise<OtherObjects>;
}

/** The sums of a namespace change with its artifacts; nobody else writes them. */
export interface StorageWriter extends StorageReader {
  /** As `ofNamespace`; nobody else adds or removes files, or locks, before the transaction ends. */
  lockNamespace(namespaceId: string): Promise<FileTotals>;
}
