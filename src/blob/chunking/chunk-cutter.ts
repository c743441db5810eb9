/**
 * Decides where the chunks of one file end. It is asked for each chunk in order, and keeps what it has seen. Boundaries
 * depend on the file's own bytes only: not on its name, nor on its size, nor on what the server has.
 */
export interface ChunkCutter {
  /**
   * How many bytes from the beginning of the next chunk must be there to go on, unless the file ends before: at least 1.
   * Grows when `nextLength` asks for more.
   */
  readonly windowBytes: number;
  /** As much as `windowBytes` can become for the next chunk; at most MAX_WINDOW_BYTES. */
  readonly maxWindowBytes: number;
  /**
   * Length of the chunk that begins with the window: at least 1, at most the window's. Undefined when it takes a larger
   * window to tell. The window is not empty, and holds at least `windowBytes`, or all that is left of the file.
   */
  nextLength(window: Uint8Array): number | undefined;
}
