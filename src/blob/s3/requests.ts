import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { Client } from "minio";
import { ByteFetcher, type ByteRange, type FetchedBytes } from "./byte-fetcher.ts";
import { credentialsOf, RoleCredentials } from "./credentials.ts";
import { DEFAULT_PATIENCE, type Patience, type S3BlobStoreOptions, type S3Credentials } from "./options.ts";
import { withRetries } from "./retry.ts";
import { S3Transport } from "./transport.ts";

/** Names that one request lists. */
const MAX_LIST_PAGE = 1_000;
/** Bytes of a large body that are handed to a connection at a time. */
const PIECE_BYTES = 256 * 1024;
/** How long a signed address is good: as long as the clocks of a store and its clients may differ. */
const ADDRESS_SECONDS = 900;
const CONTENT_TYPE = "application/octet-stream";
const EMPTY = Buffer.alloc(0);
const SHA256_OF_NOTHING = new Bun.CryptoHasher("sha256").digest("hex");

/** A page of names. */
export interface ListPage {
  readonly objects: readonly {
    readonly name: string;
    readonly sizeBytes: number;
    readonly modifiedAt: Date;
  }[];
  /** For the next page; "" after the last. */
  readonly next: string;
}

/** A multipart upload that was begun. */
export interface BegunUpload {
  readonly name: string;
  readonly id: string;
  readonly begunAt: Date;
}

export interface UploadedPart {
  readonly part: number;
  readonly etag: string;
}

type RequestHeaders = Record<string, string>;

/** Made for the keys of a moment. */
interface Clients {
  readonly credentials: S3Credentials;
  readonly usual: Client;
  /** For bodies that come slowly. */
  readonly streaming: Client;
}

/**
 * Requests to one bucket through the minio client, each tried again while that may help. What they throw is for
 * errors.ts to understand.
 */
export class S3Requests implements AsyncDisposable {
  readonly patience: Patience;
  readonly #options: S3BlobStoreOptions;
  readonly #transport: S3Transport;
  readonly #fetcher: ByteFetcher;
  readonly #bucket: string;
  readonly #writeHeaders: RequestHeaders;
  readonly #ended = new AbortController();
  readonly #credentials: () => S3Credentials | Promise<S3Credentials>;
  #clients: Clients | undefined;

  constructor(options: S3BlobStoreOptions, ca: readonly string[] | undefined) {
    const { endpoint, bucket, env = process.env } = options;
    this.patience = options.patience ?? DEFAULT_PATIENCE;
    this.#options = options;
    this.#transport = new S3Transport(endpoint.startsWith("https:"), ca, this.patience);
    this.#fetcher = new ByteFetcher(ca, this.patience);
    this.#bucket = bucket;
    this.#writeHeaders = writeHeaders(options);
    const given = options.credentials ?? credentialsOf(env);
    const role = new RoleCredentials(env);
    this.#credentials = () => given ?? role.get();
  }

  /** Requests that have not ended. */
  get runningCount(): number {
    return this.#transport.runningCount + this.#fetcher.runningCount;
  }

  /** Writes an object. `sha256` is of the bytes, in hexadecimal digits. */
  put(name: string, bytes: Uint8Array, sha256: string): Promise<void> {
    return this.retried(async () => {
      const headers = { ...this.#writeHeaders, "Content-Type": CONTENT_TYPE };
      await drain(await this.#send("PUT", name, "", headers, bytes, sha256));
    });
  }

  /** As put, with a body that is not there yet: one attempt. It ends when the body has ended, or is destroyed. */
  async putStream(name: string, body: Readable, sizeBytes: number, sha256: string): Promise<void> {
    const { streaming } = await this.#current();
    const headers = {
      ...this.#writeHeaders,
      "Content-Type": CONTENT_TYPE,
      "Content-Length": String(sizeBytes),
    };
    const request = { method: "PUT", bucketName: this.#bucket, objectName: name, headers };
    await drain(await streaming.makeRequestStreamAsync(request, body, sha256, [200], this.#options.region));
  }

  /** Begins to read an object, or bytes of it from `begin` up to `end`. One attempt: the caller has the rest to try. */
  get(name: string, range?: ByteRange): Promise<IncomingMessage> {
    const headers: RequestHeaders =
      range === undefined ? {} : { Range: `bytes=${range.begin}-${range.end - 1}` };
    return this.#send("GET", name, "", headers, EMPTY, SHA256_OF_NOTHING);
  }

  /** Reads bytes of an object, all in one piece. */
  getBytes(name: string, range: ByteRange): Promise<FetchedBytes> {
    return this.retried(async () => {
      const url = await (await this.#minio()).presignedUrl("GET", this.#bucket, name, ADDRESS_SECONDS);
      return this.#fetcher.get(url, range);
    });
  }

  /** Size of an object. */
  head(name: string): Promise<number> {
    return this.retried(async () => {
      const response = await this.#send("HEAD", name, "", {}, EMPTY, SHA256_OF_NOTHING);
      await drain(response);
      return Number(response.headers["content-length"]);
    });
  }

  delete(name: string): Promise<void> {
    return this.retried(() => this.deleteOnce(name));
  }

  /** As delete, without a second attempt. */
  async deleteOnce(name: string): Promise<void> {
    await drain(await this.#send("DELETE", name, "", {}, EMPTY, SHA256_OF_NOTHING));
  }

  list(prefix: string, token: string): Promise<ListPage> {
    return this.retried(() => this.listOnce(prefix, token, MAX_LIST_PAGE));
  }

  async listOnce(prefix: string, token: string, count: number): Promise<ListPage> {
    const page = await (await this.#minio()).listObjectsV2Query(this.#bucket, prefix, token, "", count, "");
    const objects = page.objects.flatMap((one) =>
      one.name === undefined
        ? []
        : [{ name: one.name, sizeBytes: one.size, modifiedAt: new Date(one.lastModified ?? 0) }],
    );
    return { objects, next: page.isTruncated ? (page.nextContinuationToken ?? "") : "" };
  }

  /** One attempt: its caller must know of those whose answers were lost. */
  async beginUpload(name: string): Promise<string> {
    const client = await this.#minio();
    return client.initiateNewMultipartUpload(this.#bucket, name, { ...this.#writeHeaders });
  }

  putPart(name: string, id: string, part: number, bytes: Uint8Array): Promise<UploadedPart> {
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    const query = `partNumber=${part}&uploadId=${encodeURIComponent(id)}`;
    return this.retried(async () => {
      const response = await this.#send("PUT", name, query, {}, bytes, sha256);
      await drain(response);
      return { part, etag: (response.headers.etag ?? "").replaceAll('"', "") };
    });
  }

  async completeUpload(name: string, id: string, parts: readonly UploadedPart[]): Promise<void> {
    await (await this.#minio()).completeMultipartUpload(this.#bucket, name, id, [...parts]);
  }

  abortUpload(name: string, id: string): Promise<void> {
    return this.retried(async () => (await this.#minio()).abortMultipartUpload(this.#bucket, name, id));
  }

  /** Uploads that were begun and have not ended, at most a page of them. */
  async uploads(prefix: string): Promise<readonly BegunUpload[]> {
    const page = await this.retried(async () =>
      (await this.#minio()).listIncompleteUploadsQuery(this.#bucket, prefix, "", "", ""),
    );
    return page.uploads.map((one) => ({ name: one.key, id: one.uploadId, begunAt: one.initiated }));
  }

  /** What every new object is written with. */
  get writeHeaders(): Readonly<Record<string, string>> {
    return this.#writeHeaders;
  }

  /** Sends a request without a body. One attempt, whose answer is for the caller to read. */
  ask(method: "HEAD" | "PUT", name: string, headers: RequestHeaders): Promise<IncomingMessage> {
    return this.#send(method, name, "", headers, EMPTY, SHA256_OF_NOTHING);
  }

  /** A signed address of an object, and the keys that it is signed with. */
  async address(
    method: "GET" | "PUT",
    name: string,
    lifeSeconds: number,
  ): Promise<{ readonly url: string; readonly credentials: S3Credentials }> {
    const { usual, credentials } = await this.#current();
    return { url: await usual.presignedUrl(method, this.#bucket, name, lifeSeconds), credentials };
  }

  retried<T>(work: () => Promise<T>): Promise<T> {
    return withRetries(this.patience, this.#ended.signal, this.#options.onRetry ?? ignore, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#fetcher.close();
    await this.#transport.close();
  }

  async #send(
    method: string,
    objectName: string,
    query: string,
    headers: RequestHeaders,
    body: Uint8Array,
    sha256: string,
  ): Promise<IncomingMessage> {
    const client = await this.#minio();
    const payload = bodyOf(body);
    const sent = { ...headers, ...(method === "PUT" ? { "Content-Length": String(body.byteLength) } : {}) };
    const request = { method, bucketName: this.#bucket, objectName, query, headers: sent };
    return client.makeRequestStreamAsync(request, payload, sha256, [200, 204, 206], this.#options.region);
  }

  async #minio(): Promise<Client> {
    return (await this.#current()).usual;
  }

  /** Clients that have the keys of this moment. */
  async #current(): Promise<Clients> {
    this.#ended.signal.throwIfAborted();
    const credentials = await this.#credentials();
    if (this.#clients?.credentials !== credentials) {
      const { request, streamedRequest } = this.#transport;
      this.#clients = {
        credentials,
        usual: this.#newClient(credentials, request),
        streaming: this.#newClient(credentials, streamedRequest),
      };
    }
    return this.#clients;
  }

  #newClient({ accessKey, secretKey, sessionToken }: S3Credentials, request: S3Transport["request"]): Client {
    const { endpoint, region, pathStyle } = this.#options;
    const url = new URL(endpoint);
    const client = new Client({
      endPoint: url.hostname.replaceAll(/^\[|\]$/g, ""),
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      useSSL: url.protocol === "https:",
      region,
      pathStyle,
      transport: { request },
      transportAgent: this.#transport.agent,
      // Requests are tried again here, where bodies are known and delays end with the store.
      retryOptions: { disableRetry: true },
      accessKey,
      secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    // Over TLS the client would leave the digest out; with it the store refuses bytes that it did not get right.
    client.enableSHA256 = true;
    return client;
  }
}

/** Large bodies go in pieces: of what it can't send at once the runtime makes a copy. */
function bodyOf(bytes: Uint8Array): Buffer | Readable {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (whole.byteLength <= PIECE_BYTES) return whole;
  const count = Math.ceil(whole.byteLength / PIECE_BYTES);
  const pieces = Array.from({ length: count }, (_, index) =>
    whole.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
  return Readable.from(pieces, { objectMode: false, highWaterMark: PIECE_BYTES });
}

/** What every new object is written with. */
export function writeHeaders({
  serverSideEncryption,
  kmsKeyId,
}: Pick<S3BlobStoreOptions, "serverSideEncryption" | "kmsKeyId">): RequestHeaders {
  if (serverSideEncryption === "") return {};
  return {
    "x-amz-server-side-encryption": serverSideEncryption,
    ...(kmsKeyId === "" ? {} : { "x-amz-server-side-encryption-aws-kms-key-id": kmsKeyId }),
  };
}

function ignore(): void {
  // Nobody wants to know.
}

/** Reads an answer that says nothing more, so that its connection can be used again. */
async function drain(response: IncomingMessage): Promise<void> {
  response.resume();
  for await (const _ of response) {
    // Nothing of it matters.
  }
}
