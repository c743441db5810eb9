const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Chunks that one transaction looks at. */
export const CHUNKS_PER_PAGE = 500;
/** Objects whose names one transaction looks up. */
export const OBJECTS_PER_LOOKUP = 500;
/** Objects that are deleted at the same time. */
export const MAX_PARALLEL_DELETES = 4;
/** Objects that a run fails to delete before it leaves the rest to the next. */
export const MAX_UNDELETED = 100;
/**
 * How long a condemned chunk waits for its second look. Whoever found it in use before must be done by then: a transaction
 * takes a minute at most.
 */
export const JUDGE_WAIT_MS = 15 * MINUTE_MS;
/**
 * How long an object that no row names is left alone. Whoever looked its row up before has read its bytes by then, and the
 * addresses that clients were given have expired.
 */
export const READER_GRACE_MS = HOUR_MS;
/** How old an object is at least that was stored without a row: by then its upload has made one, or has failed. */
export const ORPHAN_GRACE_MS = 24 * HOUR_MS;
/** How old an unused chunk is at least, unless somebody says otherwise. */
export const DEFAULT_GRACE_MS = HOUR_MS;
