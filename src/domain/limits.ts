/** Limits of the whole service. Sizes are bytes, times milliseconds unless the name says otherwise. */
export const MAX_NAME_LENGTH = 128;
export const MAX_OWNER_LENGTH = 256;
export const MAX_TITLE_LENGTH = 256;
export const MAX_SHORT_TEXT_LENGTH = 128;
export const MAX_EXTERNAL_ID_LENGTH = 256;
export const MAX_HOLDER_LENGTH = 256;
export const MAX_DESCRIPTION_LENGTH = 16 * 1024;
export const MAX_FILE_PATH_BYTES = 1024;
/** File systems take no longer names, so a longer part could never be downloaded. */
export const MAX_FILE_PATH_PART_BYTES = 255;
export const MAX_URI_LENGTH = 4096;
export const MAX_REQUEST_ID_LENGTH = 128;

export const MAX_LABELS_PER_OBJECT = 256;
export const MAX_LABEL_KEY_LENGTH = 128;
export const MAX_LABEL_VALUE_BYTES = 16 * 1024;
/** How deep lists and objects of a JSON value may be nested. */
export const MAX_JSON_DEPTH = 32;

export const MAX_METRIC_KEY_LENGTH = 256;
export const MAX_METRIC_VALUE_BYTES = 64 * 1024;
export const MAX_METRIC_POINTS_PER_CALL = 10_000;
/** Keys returned inside an object; MetricService returns all. */
export const MAX_INLINE_METRICS = 100;
export const MAX_METRIC_KEYS_PER_CALL = 1_000;
export const MAX_LATEST_METRICS = 10_000;

export const MAX_EVENTS_PER_CALL = 1_000;
export const MAX_EVENT_DATA_BYTES = 64 * 1024;

export const MAX_LINEAGE_EDGES_PER_CALL = 1_000;
export const MAX_LINEAGE_DEPTH = 100;
export const DEFAULT_LINEAGE_DEPTH = 5;
export const MAX_LINEAGE_NODES = 10_000;
export const MAX_LINEAGE_EDGES = 20_000;
/** A name or URI of what is outside, with its kind. */
export const MAX_LINEAGE_NODE_LENGTH = 1_024;

export const MAX_TAGS_PER_CALL = 32;
export const MAX_OBJECTS_PER_RECURSIVE_DELETE = 100_000;

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 1_000;
/** A page ends early when it gets larger, so that it stays below the 4 MiB that gRPC clients take by default. */
export const MAX_PAGE_BYTES = 3 * 1024 * 1024;
export const DEFAULT_POINT_PAGE_SIZE = 1_000;
export const MAX_POINT_PAGE_SIZE = 10_000;
export const DEFAULT_CHUNK_PAGE_SIZE = 10_000;
export const MAX_CHUNK_PAGE_SIZE = 100_000;

export const MAX_FILTER_LENGTH = 4096;
export const MAX_FILTER_TERMS = 64;
export const MAX_FILTER_DEPTH = 16;
/** Values that one IN of a filter takes. */
export const MAX_FILTER_VALUES = 256;
/** Rows that one list call may look at when no index serves its filter. */
export const SCAN_BUDGET_ROWS = 200_000;
/** Time that one list call may take when no index serves its filter. */
export const SCAN_BUDGET_MS = 2_000;

export const MIN_CHUNK_BYTES = 1024 * 1024;
export const TARGET_CHUNK_BYTES = 4 * 1024 * 1024;
export const MAX_CHUNK_BYTES = 8 * 1024 * 1024;
/** Chunks up to this size may travel many to a request, and are kept in one object then. */
export const MAX_PACKED_CHUNK_BYTES = 256 * 1024;
/** Largest such request: what comes before the chunks counts too. */
export const MAX_PACK_BYTES = 8 * 1024 * 1024;
export const MAX_PACK_CHUNKS = 4_096;
/** Smaller chunks are kept as they are: most of them share an object, and would need one each. */
export const MIN_ENCODED_CHUNK_BYTES = 256 * 1024;
/** Bases that are followed to read one chunk. Fewer are made, see docs/decisions/encoding.md. */
export const MAX_CHAIN_DEPTH = 64;
export const MAX_FIND_CHUNKS = 10_000;
/** Smaller chunks go through the server: the store's requests for one would cost more than moving its bytes. */
export const MIN_DIRECT_CHUNK_BYTES = 256 * 1024;
/** Chunks of one call that get an address of the store, or are taken in from there. */
export const MAX_DIRECT_CHUNKS = 1_000;
/** How long such an address lives: the largest chunk at 28 KB/s. */
export const DIRECT_ADDRESS_LIFE_SECONDS = 300;
export const MAX_FILES_PER_COMMIT = 200_000;
export const MAX_CHUNKS_PER_COMMIT = 1_000_000;
export const MAX_TRACKED_FILES = 10_000;
/** Largest RPC message: a commit with the most chunks fits. */
export const MAX_MESSAGE_BYTES = 160 * 1024 * 1024;
/** Files up to this size have their digest verified before the commit is acknowledged. */
export const IMMEDIATE_VERIFY_BYTES = 4 * 1024 * 1024;

export const MIN_LEASE_TTL_MS = 10_000;
export const MAX_LEASE_TTL_MS = 24 * 3_600_000;
export const DEFAULT_UPLOAD_TTL_MS = 600_000;
export const DEFAULT_LEASE_TTL_MS = 60_000;

export const REQUEST_ID_TTL_MS = 24 * 3_600_000;
export const WATCH_HEARTBEAT_MS = 15_000;
