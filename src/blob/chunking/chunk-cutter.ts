/** What is known of a file before its bytes are read in order. */
export interface CutterSource {
  /** The name that the file is stored under; its ending can tell the format. */
  readonly path: string;
  /** Undefined while it is still arriving. */
  readonly sizeBytes: number | undefined;
  /** Reads anywhere in the file, for formats whose index is not at the beginning; undefined while it is arriving. */
  readonly readAt: ((offsetBytes: number, lengthBytes: number) => Promise<Uint8Array>) | undefined;
}

/**
 * Decides where the chunks of one file end. It is asked for each chunk in order, so it may keep what it has seen.
 * Boundaries depend on the file's own bytes only, never on what the server has.
 */
export interface ChunkCutter {
  /** How many bytes from a chunk's beginning must be known to tell its length, unless the file ends before. */
  readonly windowBytes: number;
  /**
   * Length of the chunk that begins with the window: at least 1, at most the window's. The window is not empty and
   * holds `windowBytes`, or all that is left of the file.
   */
  nextLength(window: Uint8Array): number;
}
