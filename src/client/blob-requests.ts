import { blobError, isNoRoom, isWorthAnotherTry } from "./blob-error.ts";
import { isDigest } from "../domain/ids.ts";
import { releaseOwned } from "../hashing/release.ts";
import { ConnectionError } from "./errors.ts";
import type { HttpClient } from "./http-client.ts";
import { withRetry } from "./retry.ts";
import type { BlobAddresses } from "./transfer/blob-addresses.ts";
import { Deadline } from "./transfer/deadline.ts";
import { SEND_TIMEOUT_MS, STALL_TIMEOUT_MS } from "./transfer/limits.ts";

const LEASE_HEADER = "modelbox-lease";
const XXH3_HEADER = "modelbox-xxh3";
const PARTIAL_CONTENT = 206;

/** One chunk on its way to the server. */
export interface OutgoingChunk {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly leaseId: string;
}

/** What the server says of a chunk that was sent without its digest. */
export interface PostedChunk {
  readonly sha256: string;
  /** It was there already. */
  readonly exists: boolean;
}

/** Sends a chunk without its SHA-256, which the server takes and tells. */
export async function postChunk(
  http: HttpClient,
  addresses: BlobAddresses,
  { bytes, leaseId }: Omit<OutgoingChunk, "sha256">,
  signal: AbortSignal,
): Promise<PostedChunk> {
  const xxh3 = Bun.hash.xxHash3(bytes).toString(16).padStart(16, "0");
  const attempt = async (address: string, silence: AbortSignal) => {
    using deadline = new Deadline(address, SEND_TIMEOUT_MS, signal, silence);
    const response = await http.send({
      method: "POST",
      url: `${address}/v1/chunks`,
      headers: new Headers({
        [LEASE_HEADER]: leaseId,
        [XXH3_HEADER]: xxh3,
        "content-type": "application/octet-stream",
      }),
      body: bytes,
      signal: deadline.signal,
    });
    if (!response.ok) throw await blobError(http, address, response, "POST /v1/chunks");
    const posted: unknown = await response.json();
    if (!isPosted(posted)) throw badAnswer(address);
    return posted;
  };
  return await withRetry(() => addresses.use(attempt), {
    shouldRetry: (error) => !isNoRoom(error) && isWorthAnotherTry(error),
    signal,
    patienceMs: http.patienceMs,
  });
}

function isPosted(value: unknown): value is PostedChunk {
  if (typeof value !== "object" || value === null || !("sha256" in value && "exists" in value)) return false;
  return typeof value.sha256 === "string" && isDigest(value.sha256) && typeof value.exists === "boolean";
}

/** A part of a stored file. */
export interface FileRange {
  readonly fileId: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Sends a chunk, again and again while that may help. */
export async function putChunk(
  http: HttpClient,
  addresses: BlobAddresses,
  chunk: OutgoingChunk,
  signal: AbortSignal,
): Promise<void> {
  const attempt = async (address: string, silence: AbortSignal) => {
    using deadline = new Deadline(address, SEND_TIMEOUT_MS, signal, silence);
    const response = await http.send({
      method: "PUT",
      url: `${address}/v1/chunks/${chunk.sha256}`,
      headers: new Headers({ [LEASE_HEADER]: chunk.leaseId, "content-type": "application/octet-stream" }),
      body: chunk.bytes,
      signal: deadline.signal,
    });
    if (!response.ok) throw await blobError(http, address, response, "PUT /v1/chunks");
    await response.body?.cancel();
  };
  const { patienceMs } = http;
  await withRetry(() => addresses.use(attempt), { shouldRetry: isWorthAnotherTry, signal, patienceMs });
}

/**
 * Sends many small chunks (domain/pack-format.ts), again and again while that may help. Returns how many of them the
 * server says it had.
 */
export async function postPack(
  http: HttpClient,
  addresses: BlobAddresses,
  { bytes, leaseId }: Omit<OutgoingChunk, "sha256">,
  signal: AbortSignal,
): Promise<number> {
  const attempt = async (address: string, silence: AbortSignal) => {
    using deadline = new Deadline(address, SEND_TIMEOUT_MS, signal, silence);
    const response = await http.send({
      method: "POST",
      url: `${address}/v1/packs`,
      headers: new Headers({ [LEASE_HEADER]: leaseId, "content-type": "application/octet-stream" }),
      body: bytes,
      signal: deadline.signal,
    });
    if (!response.ok) throw await blobError(http, address, response, "POST /v1/packs");
    const posted: unknown = await response.json();
    if (!isPostedPack(posted)) throw badAnswer(address);
    return posted.existing;
  };
  const { patienceMs } = http;
  return await withRetry(() => addresses.use(attempt), {
    shouldRetry: isWorthAnotherTry,
    signal,
    patienceMs,
  });
}

function isPostedPack(value: unknown): value is { readonly existing: number } {
  return (
    typeof value === "object" && value !== null && "existing" in value && typeof value.existing === "number"
  );
}

/**
 * Asks once for a range. The pieces come in order, each valid until the next one is asked for; the generator fails when
 * fewer or more bytes come than were asked for.
 */
export async function* getRange(
  http: HttpClient,
  address: string,
  range: FileRange,
  ...signals: readonly AbortSignal[]
): AsyncGenerator<Uint8Array, void, undefined> {
  using deadline = new Deadline(address, STALL_TIMEOUT_MS, ...signals);
  const last = range.offsetBytes + range.lengthBytes - 1;
  const response = await http.send({
    method: "GET",
    url: `${address}/v1/files/${range.fileId}`,
    headers: new Headers({ range: `bytes=${range.offsetBytes}-${last}` }),
    signal: deadline.signal,
  });
  if (!response.ok) throw await blobError(http, address, response, "GET /v1/files");
  if (response.status !== PARTIAL_CONTENT)
    throw badLength(address, `answered a range with HTTP ${response.status}`);
  let receivedBytes = 0;
  for await (const piece of http.body(response, deadline.signal)) {
    deadline.extend();
    receivedBytes += piece.length;
    if (receivedBytes > range.lengthBytes) throw badLength(address, "sent more bytes than were asked for");
    yield piece;
    releaseOwned(piece);
  }
  if (receivedBytes < range.lengthBytes) throw badLength(address, "sent fewer bytes than were asked for");
}

/** Asks once for whole files, whose bytes come one after the other and fill `into`. */
export async function readFiles(
  http: HttpClient,
  address: string,
  fileIds: readonly string[],
  into: Uint8Array,
  ...signals: readonly AbortSignal[]
): Promise<void> {
  using deadline = new Deadline(address, STALL_TIMEOUT_MS, ...signals);
  const response = await http.send({
    method: "POST",
    url: `${address}/v1/files/read`,
    headers: new Headers({ "content-type": "application/json" }),
    body: new TextEncoder().encode(JSON.stringify({ files: fileIds })),
    signal: deadline.signal,
  });
  if (!response.ok) throw await blobError(http, address, response, "POST /v1/files/read");
  let filled = 0;
  for await (const piece of http.body(response, deadline.signal)) {
    deadline.extend();
    if (filled + piece.length > into.length) throw badLength(address, "sent more bytes than were asked for");
    into.set(piece, filled);
    filled += piece.length;
    releaseOwned(piece);
  }
  if (filled < into.length) throw badLength(address, "sent fewer bytes than were asked for");
}

function badAnswer(address: string): ConnectionError {
  return new ConnectionError(
    `${address} does not say what became of a chunk; check what stands between here and the server.`,
    { address, maybeSeen: true },
  );
}

function badLength(address: string, what: string): ConnectionError {
  return new ConnectionError(`${address} ${what}; check what stands between here and the server.`, {
    address,
    maybeSeen: true,
  });
}
