import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ChangeService, type WatchChangesRequest } from "../../gen/modelbox/v1/change_service_pb.ts";
import { NamespaceService } from "../../gen/modelbox/v1/namespace_service_pb.ts";

/** A call that arrived. */
export interface SeenCall {
  readonly method: string;
  readonly requestId: string;
  /** The request id of the headers. */
  readonly header: string | null;
  readonly a: string | null;
}

/** Real HTTP with Connect, whose answers a test decides. */
export class CallServer implements Disposable {
  readonly calls: SeenCall[] = [];
  readonly watches: WatchChangesRequest[] = [];
  /** Called for every call with its number; what it throws is the answer. */
  answer: (count: number) => unknown = () => undefined;
  /** The sequence numbers that a watch sends; when it ends, so does the stream. */
  watch: (count: number, signal: AbortSignal) => AsyncIterable<bigint> = async function* () {};
  readonly #server = createServer(
    connectNodeAdapter({
      routes: (router) => {
        router.service(NamespaceService, {
          createNamespace: async (request, context) => await this.#see(request.requestId, context),
          listNamespaces: async (_request, context) => await this.#see("", context),
        });
        router.service(ChangeService, { watchChanges: (request, context) => this.#watch(request, context) });
      },
    }),
  );

  constructor() {
    this.#server.listen(0, "127.0.0.1");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #see(requestId: string, { method, requestHeader }: HandlerContext): Promise<object> {
    this.calls.push({
      method: method.name,
      requestId,
      header: requestHeader.get("x-request-id"),
      a: requestHeader.get("a"),
    });
    await this.answer(this.calls.length);
    return {};
  }

  async *#watch(request: WatchChangesRequest, { signal }: HandlerContext) {
    this.watches.push(request);
    for await (const sequence of this.watch(this.watches.length, signal)) yield { sequence };
  }
}
