import { MAX_CHUNK_BYTES } from "../../domain/limits.ts";

/** Bytes of chunks that an upload holds at once, read ahead ones included. */
export const UPLOAD_MEMORY_BYTES = 8 * MAX_CHUNK_BYTES;
/** Bytes of chunks that a download holds at once. */
export const DOWNLOAD_MEMORY_BYTES = 6 * MAX_CHUNK_BYTES;
/** What a held chunk costs besides its bytes; keeps the number of tiny ones in bounds. */
export const CHUNK_OVERHEAD_BYTES = 16 * 1024;
/** Files that are read at once, so that small ones don't wait for each other. */
export const UPLOAD_READERS = 8;
/** Files up to this size are read in one piece. */
export const SMALL_FILE_BYTES = 256 * 1024;
/** A small file that takes longer was not in the system's memory; so many after it are left to other threads. */
export const SLOW_READ_MS = 2;
export const READS_AFTER_SLOW_ONE = 64;
/** The server is asked about so many chunks at once, or so many bytes, or what has come up in so much time. */
export const FIND_BATCH_CHUNKS = 512;
export const FIND_BATCH_BYTES = 4 * 1024 * 1024;
export const FIND_BATCH_WAIT_MS = 5;
/** On one machine, chunks go unasked once so many in a row were new to the server: 32 MiB of the usual size. */
export const UNASKED_AFTER_CHUNKS = 8;
/** The same for chunks that go with others in packs: two questions of the usual size. */
export const UNASKED_AFTER_SMALL_CHUNKS = 1_024;
/** Smaller chunks are cheaper to ask about, many at once, than to send. */
export const MIN_UNASKED_BYTES = 1024 * 1024;
/** Small chunks are sent once there are so many bytes of them, or none has come up for so long. */
export const PACK_BYTES = 4 * 1024 * 1024;
export const PACK_WAIT_MS = 10;
/** Packs that are on their way at once; each has memory of its own. */
export const MAX_PACKS_AT_ONCE = 2;
export const DEFAULT_UPLOAD_CONCURRENCY = 4;
/** The same where the server is on this machine: it takes two chunks at once, and others would wait in its memory. */
export const LOCAL_UPLOAD_CONCURRENCY = 2;
export const DEFAULT_DOWNLOAD_CONCURRENCY = 4;
export const MAX_CONCURRENCY = 64;
/** A slow line takes this long for the largest chunk at 28 KB/s. */
export const SEND_TIMEOUT_MS = 300_000;
/** A download whose connection is this quiet is tried anew. */
export const STALL_TIMEOUT_MS = 60_000;
/** An address for files that failed is asked again after this long, then after twice as long, and so on. */
export const FIRST_BLOB_PAUSE_MS = 1_000;
export const LONGEST_BLOB_PAUSE_MS = 60_000;
/** How long it may take to answer that it can be used. */
export const BLOB_PROBE_TIMEOUT_MS = 3_000;
/** How often an address is asked whether it is still there while a request to it runs, where there are others. */
export const SILENCE_CHECK_MS = 10_000;
/** How long that answer may take. */
export const SILENCE_TIMEOUT_MS = 10_000;
/** How long the object store may take to answer for the first time; else everything goes through the server. */
export const DIRECT_PROBE_TIMEOUT_MS = 3_000;
/** After so many failures in a row the object store is left alone for the rest of the transfer. */
export const MAX_DIRECT_FAILURES = 3;
/** Neighbouring chunks are asked for together up to this size. */
export const DOWNLOAD_RANGE_BYTES = 16 * 1024 * 1024;
/**
 * Most that one write to a file takes. Linux puts writes of 2 MiB and more into huge pages of its cache, which took
 * three times the processor time of smaller ones (docs/decisions/client-transfer.md).
 */
export const WRITE_BYTES = 512 * 1024;
/** Files of a download that are in work at once; requests have a limit of their own. */
export const DOWNLOAD_FILES_AT_ONCE = 16;
/** How often a chunk that arrives with wrong bytes is asked for. */
export const CORRUPT_CHUNK_ATTEMPTS = 3;
/** Folders that a walk looks into: links can make a small tree look endless. */
export const MAX_FOLDERS = 200_000;
/** Names that a notice or an error lists; the others are counted. */
export const MAX_LISTED_NAMES = 10;
/** The ending of a file that is not whole yet. */
export const PARTIAL_SUFFIX = ".modelbox-partial";
