import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ArtifactService, DigestState, type FileSpec } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { LeaseService } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { ServerInfoService } from "../../gen/modelbox/v1/server_info_service_pb.ts";

/** What a test lets go wrong: called before a request is served, it may answer itself and return true. */
export type Fault = (request: IncomingMessage, response: ServerResponse, count: number) => boolean;

/**
 * Speaks the transfer protocol over real HTTP, keeps everything in memory, and fails when it is told to. For faults
 * alone: what the real server does is tested with the real server.
 */
export class FaultServer implements AsyncDisposable {
  readonly chunks = new Map<string, Buffer>();
  /** Every request to a blob route, as `METHOD path`. */
  readonly requests: string[] = [];
  readonly ranges: string[] = [];
  readonly findSizes: number[] = [];
  readonly releasedLeases: string[] = [];
  renewals = 0;
  leaseTtlMs = 60_000;
  isLeaseEnded = false;
  /** Whether the list of chunks has their XXH3. */
  knowsXxh3 = false;
  /** What a commit brought. */
  files: readonly FileSpec[] = [];
  faultOnPut: Fault | undefined;
  faultOnGet: Fault | undefined;
  faultOnCall: Fault | undefined;
  readonly #counts = { put: 0, get: 0, call: 0 };
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #rpc = connectNodeAdapter({ routes: (router) => this.#routes(router) });

  static async start(): Promise<FaultServer> {
    const server = new FaultServer();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.#server.listen(0, "127.0.0.1", () => resolve(undefined));
    await promise;
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.#server.closeAllConnections();
    await promise;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    if (url.startsWith("/v1/chunks/")) await this.#putChunk(request, response);
    else if (url.startsWith("/v1/files/")) this.#getFile(request, response);
    else if (!this.#fails("call", this.faultOnCall, request, response)) this.#rpc(request, response);
  }

  #fails(
    kind: "put" | "get" | "call",
    fault: Fault | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#counts[kind] += 1;
    return fault?.(request, response, this.#counts[kind]) ?? false;
  }

  async #putChunk(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.#fails("put", this.faultOnPut, request, response)) return;
    const body = await readBody(request);
    if (body === undefined) return;
    const digest = (request.url ?? "").slice("/v1/chunks/".length);
    if (sha256(body) !== digest) return sendError(response, Code.InvalidArgument, "DIGEST_MISMATCH", 400);
    if (this.isLeaseEnded) return sendError(response, Code.FailedPrecondition, "LEASE_ENDED", 412);
    this.chunks.set(digest, body);
    response.writeHead(201).end();
  }

  #getFile(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range ?? "";
    this.requests.push(`${request.method} ${request.url}`);
    this.ranges.push(range);
    if (this.#fails("get", this.faultOnGet, request, response)) return;
    const index = Number((request.url ?? "").slice("/v1/files/".length));
    const [first = 0, last = 0] = range.replace("bytes=", "").split("-").map(Number);
    const body = this.contentOf(index).subarray(first, last + 1);
    response.writeHead(206, { "content-length": body.length }).end(body);
  }

  /** The bytes of a file by its number. */
  contentOf(index: number): Buffer {
    const chunks = this.files[index]?.chunks ?? [];
    return Buffer.concat(chunks.map(({ sha256: digest }) => this.chunks.get(digest) ?? Buffer.alloc(0)));
  }

  #routes(router: ConnectRouter): void {
    const lease = () => ({
      id: "lease-1",
      objectKind: ObjectKind.VERSION,
      objectId: "object-1",
      ttl: {
        seconds: BigInt(Math.floor(this.leaseTtlMs / 1000)),
        nanos: (this.leaseTtlMs % 1000) * 1_000_000,
      },
    });
    router.service(ServerInfoService, { getServerInfo: () => ({ limits: { maxFindChunks: 10_000 } }) });
    router.service(LeaseService, {
      acquireLease: () => ({ lease: lease() }),
      renewLease: () => {
        this.renewals += 1;
        if (this.isLeaseEnded) throw refusal(Code.FailedPrecondition, "LEASE_ENDED");
        return { lease: lease() };
      },
      releaseLease: ({ leaseId }) => {
        this.releasedLeases.push(leaseId);
        return {};
      },
    });
    router.service(ArtifactService, {
      beginUpload: () => ({ lease: lease() }),
      findMissingChunks: ({ chunks }) => {
        this.findSizes.push(chunks.length);
        return {
          missing: [...new Set(chunks.map((one) => one.sha256))].filter((one) => !this.chunks.has(one)),
        };
      },
      commitArtifact: ({ files }) => {
        this.files = files?.files ?? [];
        return { artifact: { id: "artifact-1" } };
      },
      getArtifact: () => ({ artifact: { id: "artifact-1", objectKind: ObjectKind.MODEL } }),
      listFiles: () => ({ files: this.files.map((file, index) => this.#listed(file, index)) }),
      listFileChunks: ({ file }) => {
        const chunks = this.files[Number(file)]?.chunks ?? [];
        const xxh3 = chunks.map(({ sha256 }) => Bun.hash.xxHash3(this.chunks.get(sha256) ?? ""));
        return { chunks, xxh3: this.knowsXxh3 ? xxh3 : [] };
      },
    });
  }

  #listed({ path, sizeBytes }: FileSpec, index: number) {
    return { id: String(index), path, sizeBytes, digestState: DigestState.PENDING };
  }
}

/** The body, or undefined when the client went away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  try {
    return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  } catch {
    return undefined;
  }
}

/** Ends the connection without an answer. */
export function drop(request: IncomingMessage): true {
  request.socket.destroy();
  return true;
}

/** Answers with the JSON of a Connect error. */
export function sendError(response: ServerResponse, code: Code, reason: string, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(errorToJsonBytes(refusal(code, reason), undefined));
}

function refusal(code: Code, reason: string): ConnectError {
  return new ConnectError(`Refused for ${reason}.`, code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: "modelbox" } },
  ]);
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
