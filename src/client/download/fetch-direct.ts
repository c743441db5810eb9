import { getDirect } from "../direct-requests.ts";
import { CorruptDataError } from "../errors.ts";
import type { HttpClient } from "../http-client.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import type { ChunkMemory } from "../transfer/chunk-memory.ts";
import type { DirectStore } from "../transfer/direct-store.ts";
import type { ChunkRange } from "./chunk-range.ts";
import { isRight } from "./local-copy.ts";
import type { StoredChunk } from "./stored-chunks.ts";
import type { WantedFile } from "./wanted-files.ts";

/** What fetching chunks needs, wherever from. */
export interface FetchOptions {
  readonly http: HttpClient;
  readonly file: WantedFile;
  readonly memory: ChunkMemory;
  readonly signal: AbortSignal;
  /** Takes a chunk whose bytes are right; they are lent until it is done. */
  readonly onChunk: (chunk: StoredChunk, bytes: Uint8Array) => Promise<void>;
}

/** What fetching from the object store needs besides. */
export interface DirectFetchOptions {
  readonly artifacts: ModelBoxClient["artifacts"];
  readonly store: DirectStore;
}

/**
 * Fetches chunks of a range from the object store, in order, up to the first that is not to be had there. Returns how
 * many; the others are for the server.
 */
export async function fetchDirect(
  range: ChunkRange,
  { artifacts, store }: DirectFetchOptions,
  options: FetchOptions,
): Promise<number> {
  const [first] = range;
  if (!store.isOn || first === undefined) return 0;
  const { file, signal } = options;
  const lengthBytes = range.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  const { chunks } = await artifacts.listDirectChunks(
    { file: file.id, offsetBytes: BigInt(first.offsetBytes), lengthBytes: BigInt(lengthBytes) },
    { signal },
  );
  // Neighbours that the client sees as one chunk are not one in the store.
  const keyOf = (sha256: string, offsetBytes: number) => `${sha256} ${offsetBytes}`;
  const urls = new Map(chunks.map((one) => [keyOf(one.sha256, Number(one.offsetBytes)), one.url]));
  let done = 0;
  for (const chunk of range) {
    const url = urls.get(keyOf(chunk.sha256, chunk.offsetBytes)) ?? "";
    if (url === "" || !(await store.use(url, () => fetchChunk(url, chunk, options)))) break;
    done += 1;
  }
  return done;
}

async function fetchChunk(url: string, chunk: StoredChunk, options: FetchOptions): Promise<void> {
  const { http, file, memory, signal, onChunk } = options;
  using lent = await memory.borrow(chunk.sizeBytes, signal);
  const bytes = lent.bytes.subarray(0, chunk.sizeBytes);
  await getDirect(http, url, bytes, signal);
  if (!isRight(chunk, bytes)) throw wrongBytes(file, chunk);
  await onChunk(chunk, bytes);
}

/** A chunk has other bytes than its digest says. */
export function wrongBytes(file: WantedFile, chunk: StoredChunk): CorruptDataError {
  return new CorruptDataError(
    `The bytes of ${file.path} from ${chunk.offsetBytes} on arrive with a wrong SHA-256; download again, and if that ` +
      "stays so, ask whoever runs the server to check its storage.",
  );
}
