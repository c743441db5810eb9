/** Limits of reading and writing blobs; those that clients see are in domain/limits.ts. */

/** Bytes that are read from a chunk at a time to check it. */
export const CHECK_PIECE_BYTES = 1024 * 1024;
/** Bytes of chunks that are received in one piece at the same time: of two, most often. Others come in pieces. */
export const MAX_WHOLE_BODY_BYTES = 10 * 1024 * 1024;
/** How long a chunk without a name waits for that room. */
export const WAIT_FOR_ROOM_MS = 10_000;
/** Chunks that are being checked at the same time; each takes one piece of memory. */
export const MAX_PARALLEL_CHECKS = 4;
/** Encoded chunks that are decoded at the same time for pieces of them; each takes the memory of four chunks. */
export const MAX_PARALLEL_DECODES = 2;
/** Checked bytes that are kept until they are sent: a chunk of the usual size for each of four requests. */
export const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** How long a chunk waits for that room. Clients that read at once make some soon; slow ones must not hold up others. */
export const WAIT_FOR_KEPT_MS = 100;
/** Arrays for bytes that wait for their next use: each may keep the memory of the largest chunk. */
export const MAX_SPARE_BUFFERS = 2;
/** Bytes that are handed to a download at a time. */
export const SEND_PIECE_BYTES = 512 * 1024;
/** Chunks whose places are looked up in one query of a download. */
export const CHUNKS_PER_LOOKUP = 256;
/** Fast checksums of each kind that are kept: those of 128 GiB in chunks of the usual size, in about 13 MiB of memory. */
export const MAX_NOTES = 32_768;
/** Digests that one transaction of a commit looks up or marks. */
export const DIGESTS_PER_TRANSACTION = 5_000;
/** Bytes of small files that one commit reads at most to tell their digests at once. */
export const MAX_IMMEDIATE_VERIFY_BYTES = 64 * 1024 * 1024;
/** Uploads of plain bodies that are cut at the same time; each holds a chunk and what decides its end in memory. */
export const MAX_PARALLEL_CUTS = 8;
/** Digests that an error names. */
export const MAX_NAMED_DIGESTS = 5;
/** Chunks that one transaction records. */
export const MAX_CHUNKS_PER_RECORDING = 64;
/** Chunks of a plain body that are being recorded while more of it arrives. */
export const MAX_RECORDINGS_AHEAD = 32;
/** Leases that are taken for good for a moment without asking. */
export const MAX_REMEMBERED_LEASES = 1_000;
export const REMEMBER_LEASE_MS = 1_000;
/** Chunks of one call that are taken in from the store at the same time; each waits for a copy there. */
export const MAX_PARALLEL_ACCEPTS = 16;
