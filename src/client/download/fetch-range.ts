import { isWorthAnotherTry } from "../blob-error.ts";
import { getRange } from "../blob-requests.ts";
import { CorruptDataError } from "../errors.ts";
import { withRetry } from "../retry.ts";
import type { BlobAddresses } from "../transfer/blob-addresses.ts";
import { CORRUPT_CHUNK_ATTEMPTS } from "../transfer/limits.ts";
import type { ChunkRange } from "./chunk-range.ts";
import { fetchDirect, wrongBytes, type DirectFetchOptions, type FetchOptions } from "./fetch-direct.ts";
import { isRight } from "./local-copy.ts";
import type { StoredChunk } from "./stored-chunks.ts";

/** What fetching a range needs. */
export interface FetchRangeOptions extends FetchOptions {
  /** Undefined when all bytes go through the server. */
  readonly direct?: DirectFetchOptions;
  readonly addresses: BlobAddresses;
  /** The server is on this machine. */
  readonly isLocal: boolean;
}

/** Fetches neighbouring chunks: from the object store, or with one request, and what failed of them with another. */
export async function fetchRange(range: ChunkRange, options: FetchRangeOptions): Promise<void> {
  let done = options.direct === undefined ? 0 : await fetchDirect(range, options.direct, options);
  if (done === range.length) return;
  let corruptions = 0;
  const shouldRetry = (error: unknown) => {
    if (!(error instanceof CorruptDataError)) return isWorthAnotherTry(error);
    corruptions += 1;
    return corruptions < CORRUPT_CHUNK_ATTEMPTS;
  };
  const attempt = async (address: string, silence: AbortSignal) => {
    await fetchOnce(range.slice(done), address, silence, options, () => {
      done += 1;
    });
  };
  const { signal, http, addresses } = options;
  await withRetry(() => addresses.use(attempt), { shouldRetry, signal, patienceMs: http.patienceMs });
}

async function fetchOnce(
  range: ChunkRange,
  address: string,
  silence: AbortSignal,
  options: FetchRangeOptions,
  onDone: () => void,
): Promise<void> {
  const [first] = range;
  if (first === undefined) return;
  const { http, file, memory, isLocal, signal, onChunk } = options;
  const lengthBytes = range.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  const largest = range.reduce((size, chunk) => Math.max(size, chunk.sizeBytes), 0);
  using lent = await memory.borrow(largest, signal);
  const chunks = range.values();
  let chunk: StoredChunk | undefined = chunks.next().value;
  let filled = 0;
  const asked = { fileId: file.id, offsetBytes: first.offsetBytes, lengthBytes };
  for await (const piece of getRange(http, address, asked, signal, silence)) {
    for (let taken = 0; taken < piece.length && chunk !== undefined;) {
      const length = Math.min(piece.length - taken, chunk.sizeBytes - filled);
      lent.bytes.set(piece.subarray(taken, taken + length), filled);
      taken += length;
      filled += length;
      if (filled < chunk.sizeBytes) continue;
      const bytes = lent.bytes.subarray(0, filled);
      if (!(isLocal ? hasArrived(chunk, bytes) : isRight(chunk, bytes))) throw wrongBytes(file, chunk);
      await onChunk(chunk, bytes);
      onDone();
      chunk = chunks.next().value;
      filled = 0;
    }
  }
}

/**
 * The server compares all that it sends with its SHA-256. On one machine only an accident can change it on the way, which
 * XXH3 notices too; SHA-256 would take a third of the client's time (docs/decisions/client-transfer.md).
 */
function hasArrived(chunk: StoredChunk, bytes: Uint8Array): boolean {
  return chunk.xxh3 === undefined ? isRight(chunk, bytes) : Bun.hash.xxHash3(bytes) === chunk.xxh3;
}
