import { isWorthAnotherTry } from "../blob-error.ts";
import { getRange } from "../blob-requests.ts";
import { CorruptDataError } from "../errors.ts";
import type { HttpClient } from "../http-client.ts";
import { withRetry } from "../retry.ts";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import { CORRUPT_CHUNK_ATTEMPTS } from "../transfer/limits.ts";
import type { ChunkRange } from "./chunk-range.ts";
import { isRight } from "./local-copy.ts";
import type { StoredChunk } from "./stored-chunks.ts";
import type { WantedFile } from "./wanted-files.ts";

/** What fetching a range needs. */
export interface FetchRangeOptions {
  readonly http: HttpClient;
  readonly nextAddress: () => string;
  readonly file: WantedFile;
  readonly memory: ChunkMemory;
  /** The server is on this machine. */
  readonly isLocal: boolean;
  readonly signal: AbortSignal;
  /** Takes a chunk whose bytes are right; the bytes are lent until it returns. */
  readonly onChunk: (chunk: StoredChunk, bytes: Uint8Array) => void;
}

/** Fetches neighbouring chunks with one request, and what failed of them with another. */
export async function fetchRange(range: ChunkRange, options: FetchRangeOptions): Promise<void> {
  let done = 0;
  let corruptions = 0;
  const shouldRetry = (error: unknown) => {
    if (!(error instanceof CorruptDataError)) return isWorthAnotherTry(error);
    corruptions += 1;
    return corruptions < CORRUPT_CHUNK_ATTEMPTS;
  };
  const attempt = async () => {
    await fetchOnce(range.slice(done), options, () => {
      done += 1;
    });
  };
  await withRetry(attempt, { shouldRetry, signal: options.signal });
}

async function fetchOnce(range: ChunkRange, options: FetchRangeOptions, onDone: () => void): Promise<void> {
  const [first] = range;
  if (first === undefined) return;
  const { http, nextAddress, file, memory, isLocal, signal, onChunk } = options;
  const lengthBytes = range.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  const largest = range.reduce((size, chunk) => Math.max(size, chunk.sizeBytes), 0);
  using lent = await memory.borrow(largest, signal);
  const chunks = range.values();
  let chunk: StoredChunk | undefined = chunks.next().value;
  let filled = 0;
  const asked = { fileId: file.id, offsetBytes: first.offsetBytes, lengthBytes };
  for await (const piece of getRange(http, nextAddress(), asked, signal)) {
    for (let taken = 0; taken < piece.length && chunk !== undefined;) {
      const length = Math.min(piece.length - taken, chunk.sizeBytes - filled);
      lent.bytes.set(piece.subarray(taken, taken + length), filled);
      taken += length;
      filled += length;
      if (filled < chunk.sizeBytes) continue;
      const bytes = lent.bytes.subarray(0, filled);
      if (!(isLocal ? hasArrived(chunk, bytes) : isRight(chunk, bytes))) throw wrongBytes(file, chunk);
      onChunk(chunk, bytes);
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

function wrongBytes(file: WantedFile, chunk: StoredChunk): CorruptDataError {
  return new CorruptDataError(
    `The bytes of ${file.path} from ${chunk.offsetBytes} on arrive with a wrong digest; download again, and if that ` +
      "stays so, ask whoever runs the server to check its storage.",
  );
}
