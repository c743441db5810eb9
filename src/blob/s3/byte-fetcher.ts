import {
  BrokenBodyError,
  BusyStoreError,
  codeOf,
  StoreConnectionError,
  StoreRefusalError,
  StoreTimeoutError,
} from "./errors.ts";
import type { Patience } from "./options.ts";
import { BUSY_STATUSES, codeIn, MAX_ERROR_BYTES, MIN_BYTES_PER_MS } from "./transport.ts";

/** Bytes of an object, from `begin` up to `end`, which is after `begin`. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

/** What a store has of a range. */
export interface FetchedBytes {
  /** In an array of their own: fewer than were asked for when the object ends before. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the whole object. */
  readonly sizeBytes: number;
}

/**
 * Gets pieces of objects from signed addresses. The runtime's fetch puts a body together once, outside of the memory that
 * is collected, and the array can be given back at once: next to the transport of the minio client that is a third of the
 * processor time, and a third of the memory (docs/decisions/s3-client.md).
 */
export class ByteFetcher {
  readonly #ca: readonly string[] | undefined;
  readonly #patience: Patience;
  readonly #running = new Set<AbortController>();

  constructor(ca: readonly string[] | undefined, patience: Patience) {
    this.#ca = ca;
    this.#patience = patience;
  }

  /** Requests that have not ended. */
  get runningCount(): number {
    return this.#running.size;
  }

  /** One attempt. */
  async get(url: string, range: ByteRange): Promise<FetchedBytes> {
    const request = new AbortController();
    const lengthBytes = range.end - range.begin;
    const limitMs = this.#patience.answerMs + lengthBytes / MIN_BYTES_PER_MS;
    const silence = () =>
      request.abort(new StoreTimeoutError("the object store did not send an object in time"));
    const timer = setTimeout(silence, limitMs);
    this.#running.add(request);
    try {
      const asked = fetch(url, {
        headers: { Range: `bytes=${range.begin}-${range.end - 1}`, "Accept-Encoding": "identity" },
        redirect: "manual",
        signal: request.signal,
        ...(this.#ca === undefined ? {} : { tls: { ca: [...this.#ca] } }),
      });
      const response = await connected(asked);
      return await takeBody(response, range);
    } catch (error) {
      request.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#running.delete(request);
      // Ends what was not read to its end; does nothing else.
      request.abort();
    }
  }

  /** Ends all that runs. */
  close(): void {
    for (const request of this.#running) request.abort(new Error("the store is closed"));
  }
}

/** The runtime's errors have the address, which whoever reads a log could use: what they mean is told without it. */
async function connected<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StoreConnectionError(codeOf(error));
  }
}

async function takeBody(response: Response, range: ByteRange): Promise<FetchedBytes> {
  const { status, headers } = response;
  if (status !== 200 && status !== 206) throw await refusal(response);
  const [, begin, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get("Content-Range") ?? "") ?? [];
  // Some stores answer with the whole object when all of it was asked for.
  const has = status === 206 ? Number(end) + 1 - Number(begin) : Number(headers.get("Content-Length") ?? "x");
  if (Number(begin ?? 0) !== range.begin || !(has <= range.end - range.begin))
    throw new BrokenBodyError("the object store sent other bytes than were asked for");
  const bytes = new Uint8Array(await connected(response.arrayBuffer()));
  if (bytes.byteLength !== has)
    throw new BrokenBodyError("the object store sent fewer bytes than it promised");
  return { bytes, sizeBytes: Number(size ?? has) };
}

/** What an answer without the bytes means. */
async function refusal(response: Response): Promise<Error> {
  const { status } = response;
  const length = Number(response.headers.get("Content-Length") ?? MAX_ERROR_BYTES);
  const code = length > MAX_ERROR_BYTES ? "" : codeIn(await connected(response.text()));
  return BUSY_STATUSES.has(status) ? new BusyStoreError(status, code) : new StoreRefusalError(status, code);
}
