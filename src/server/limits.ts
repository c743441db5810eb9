import { MAX_MESSAGE_BYTES } from "../domain/limits.ts";

/** Limits at the edge of the server; those of the service are in domain/limits.ts. */

/** Largest message of the RPC methods that take no list of files: the labels of one object, at their limit, fit. */
export const MAX_SMALL_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Request bytes of RPC calls that are in memory at the same time: two commits of the largest kind. */
export const MAX_BUFFERED_BODY_BYTES = 2 * MAX_MESSAGE_BYTES;

/** Calls and transfers that run at the same time, open watches among them. */
export const MAX_RUNNING_CALLS = 4096;

/** How long a call may take when its client sets no shorter time: a commit of the most chunks fits. */
export const MAX_CALL_MS = 15 * 60_000;

/** How long a client may be silent in the middle of an RPC request. */
export const BODY_STALL_MS = 60_000;

/** How long a body may take that is received in one piece: the largest chunk at 28 KB/s. */
export const WHOLE_BODY_MS = 300_000;

/** How long a connection may be silent between requests. Bun allows 255 at most. */
export const IDLE_CONNECTION_SECONDS = 120;

/** The same on the gRPC port, whose clients keep their connections for long. */
export const GRPC_IDLE_MS = 10 * 60_000;

/** Head of a request on the gRPC port; Bun.serve has the same limit built in. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** What node:http2 may be sent of one stream before it must read. Doubled the speed of uploads. */
export const HTTP2_WINDOW_BYTES = 16 * 1024 * 1024;

/** Answers that are smaller go out as they are, whatever the client takes. */
export const MIN_COMPRESSED_BYTES = 1024;

export const MAX_ACTOR_LENGTH = 256;

/** Answers of a readiness probe are kept for this long, so that probing costs nothing. */
export const READINESS_CACHE_MS = 1_000;
export const READINESS_TIMEOUT_MS = 5_000;
/** How often an open health watch looks whether the answer changed. */
export const HEALTH_WATCH_INTERVAL_MS = 5_000;

/** How often an open stream looks whether its caller may still have it. */
export const STREAM_CHECK_MS = 2_000;

/** How often the files of certificates are looked at. */
export const TLS_CHECK_MS = 5_000;

/** How often a transfer looks whether its caller may still have it. */
export const TRANSFER_CHECK_MS = 5_000;

/** How long the last responses may take to go out once nothing runs any more. */
export const RESPONSE_GRACE_MS = 2_000;

/** How long the rest of a refused request is waited for. */
export const DISCARD_TIMEOUT_MS = 5_000;
