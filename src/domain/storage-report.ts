/** How many stored files there are, and the sum of their sizes. */
export interface FileTotals {
  readonly fileCount: number;
  readonly fileBytes: number;
}

/** Reads what files are and what their bytes take. */
export interface StorageReader {
  /** The stored files of a namespace; those that artifacts share by copy count once, tracked ones not at all. */
  ofNamespace(namespaceId: string): Promise<FileTotals>;
}

/** The sums of a namespace change with its artifacts; nobody else writes them. */
export interface StorageWriter extends StorageReader {
  /** As `ofNamespace`; nobody else adds or removes files, or locks, before the transaction ends. */
  lockNamespace(namespaceId: string): Promise<FileTotals>;
}
