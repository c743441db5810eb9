/** Limits of encoding; figures are in docs/decisions/encoding.md. */

/** Differences that are built on one another at most: each costs readers the time to decode a chunk. */
export const MAX_BUILT_DEPTH = 5;
/** Files of one run; the rest waits for the next. */
export const FILES_PER_RUN = 100;
/** Chunks of a file that are looked at in one query. */
export const CHUNKS_PER_PAGE = 256;
export const REBASES_PER_PAGE = 256;
/** Checkpoints or versions before a file's that are searched for the file that it follows. */
export const MAX_EARLIER_OBJECTS = 3;
/** How often the job is kept while chunks are encoded. */
export const ADVANCE_MS = 20_000;
/** How long a chunk waits at most while somebody uploads or downloads; then one is encoded all the same. */
export const BUSY_WAIT_MS = 2_000;
export const LOOK_AGAIN_MS = 20;
/** How long files and rebases that failed are left alone, and how many of them are remembered. */
export const POSTPONE_MS = 10 * 60_000;
export const MAX_POSTPONED = 1_000;
