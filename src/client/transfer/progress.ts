/** How far an upload or download is. Called often: draw it at your own pace. */
export interface TransferProgress {
  readonly totalFiles: number;
  readonly totalBytes: number;
  /** Files that are done. */
  readonly doneFiles: number;
  /** Bytes that are done: transferred, or found to be there already. */
  readonly doneBytes: number;
  /** Bytes that went over the network. */
  readonly transferredBytes: number;
}

/** Takes the progress of a transfer. */
export type OnProgress = (progress: TransferProgress) => void;
