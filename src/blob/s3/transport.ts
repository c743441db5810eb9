import * as http from "node:http";
import * as https from "node:https";
import { BusyStoreError, StoreTimeoutError } from "./errors.ts";
import type { Patience } from "./options.ts";

/** An answer that is an error is not read beyond this. */
export const MAX_ERROR_BYTES = 64 * 1024;
/** Slower than this, the bytes of a request count as stuck: of one that has them all, and of one that waits for a client. */
export const MIN_BYTES_PER_MS = 256;
const MIN_STREAMED_BYTES_PER_MS = 16;
/** What a store sends when it has no time, or something before it has none. */
export const BUSY_STATUSES = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520]);

type Callback = (response: http.IncomingMessage) => void;

/**
 * Carries the minio client's requests. The client has no timeouts, and drops the answers that say "not now" unread;
 * here every request ends, and such an answer becomes a BusyStoreError.
 */
export class S3Transport {
  readonly agent: http.Agent;
  /** As node:http's, for the client. */
  readonly request: typeof http.request;
  /** The same for bodies that come no faster than somebody else sends them. */
  readonly streamedRequest: typeof http.request;
  readonly #send: typeof http.request;
  readonly #patience: Patience;
  readonly #running = new Set<http.ClientRequest>();

  constructor(isSecure: boolean, ca: readonly string[] | undefined, patience: Patience) {
    this.agent = isSecure
      ? new https.Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca: [...ca] }) })
      : new http.Agent({ keepAlive: true });
    this.#send = isSecure ? https.request : http.request;
    this.#patience = patience;
    const withRate = (minBytesPerMs: number) =>
      ((options: http.RequestOptions, callback: Callback) =>
        this.#request(options, callback, minBytesPerMs)) as typeof http.request;
    this.request = withRate(MIN_BYTES_PER_MS);
    this.streamedRequest = withRate(MIN_STREAMED_BYTES_PER_MS);
  }

  /** Requests whose answers have not ended. */
  get runningCount(): number {
    return this.#running.size;
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    const closed = [...this.#running].map(
      (outgoing) => new Promise<void>((resolve) => void outgoing.once("close", () => resolve())),
    );
    for (const outgoing of this.#running) outgoing.destroy(new Error("the store is closed"));
    await Promise.all(closed);
    this.agent.destroy();
  }

  #request(options: http.RequestOptions, callback: Callback, minBytesPerMs: number): http.ClientRequest {
    const outgoing = this.#send(options, (response) => {
      clearTimeout(timer);
      response.once("close", () => clearTimeout(timer));
      // The bytes of an object have a timer of their own for each piece.
      if (!isObjectBody(options, response)) {
        timer = setTimeout(() => response.destroy(silence()), this.#patience.answerMs);
      }
      if (BUSY_STATUSES.has(response.statusCode ?? 0)) void refuse(outgoing, response);
      else callback(response);
    });
    let timer = setTimeout(
      () => outgoing.destroy(silence()),
      this.#patience.answerMs + bodyBytes(options) / minBytesPerMs,
    );
    this.#running.add(outgoing);
    // Whoever waits for the answer is told; an error after it comes up in the answer.
    outgoing.on("error", () => undefined);
    outgoing.once("close", () => {
      clearTimeout(timer);
      this.#running.delete(outgoing);
    });
    return outgoing;
  }
}

/** Reads the answer, so that its connection can be used again, and fails the request. */
async function refuse(outgoing: http.ClientRequest, response: http.IncomingMessage): Promise<void> {
  const pieces: Buffer[] = [];
  let readBytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      readBytes += piece.byteLength;
      if (readBytes > MAX_ERROR_BYTES) break;
      pieces.push(piece);
    }
  } catch {
    // The status says enough.
  }
  const code = codeIn(Buffer.concat(pieces).toString("utf8"));
  outgoing.emit("error", new BusyStoreError(response.statusCode ?? 0, code));
}

/** The code of an error of S3; "" in any other answer. */
export function codeIn(text: string): string {
  return /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(text)?.[1] ?? "";
}

function isObjectBody(options: http.RequestOptions, { statusCode }: http.IncomingMessage): boolean {
  return (
    options.method === "GET" &&
    (statusCode === 200 || statusCode === 206) &&
    options.path?.includes("?") === false
  );
}

function bodyBytes({ headers }: http.RequestOptions): number {
  return headers !== undefined && "content-length" in headers ? Number(headers["content-length"]) : 0;
}

function silence(): StoreTimeoutError {
  return new StoreTimeoutError("the object store did not answer in time");
}
