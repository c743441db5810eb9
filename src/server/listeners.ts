import type { ConnectRouter } from "@connectrpc/connect";
import type { Admission } from "./admission.ts";
import { ByteBudget } from "./byte-budget.ts";
import { formatAddress, type AppContext } from "./context.ts";
import { openGrpcListener } from "./grpc-listener.ts";
import { registerHealth } from "./health-service.ts";
import { plainRoutes } from "./http/plain-routes.ts";
import type { HttpRoute } from "./http/route.ts";
import { RouteTable } from "./http/route-table.ts";
import { openHttpListener, type Listener } from "./http-listener.ts";
import { BODY_STALL_MS, MAX_BUFFERED_BODY_BYTES } from "./limits.ts";
import { callObserver } from "./observed-call.ts";
import { Readiness } from "./readiness.ts";
import type { RpcDependencies } from "./rpc-endpoint.ts";
import { createRpcHandlers, rpcEdge } from "./router.ts";
import { unaryMethods } from "./unary/unary-method.ts";
import { version } from "../version.ts";

export interface ListenersOptions {
  readonly context: AppContext;
  readonly admission: Admission;
  /** Adds the services, apart from health. Called more than once. */
  readonly register: (router: ConnectRouter) => void;
  /** The plain HTTP routes, apart from health, metrics and descriptor. */
  readonly routes: readonly HttpRoute[];
}

/** Where clients reach the listeners, with the actual ports. */
export interface BoundAddresses {
  /** `host:port` of `listen_addr`. */
  readonly http: string;
  /** `host:port` of `grpc_listen_addr`; "" when it is turned off. */
  readonly grpc: string;
}

/** Both listeners, open. */
export interface Listeners {
  readonly addresses: BoundAddresses;
  /** Takes no new connections, gives responses `graceMs` to go out, then closes everything. */
  close(graceMs: number): Promise<void>;
}

/** Opens both listeners over one set of handlers. Throws ListenError, with nothing left open. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { context, admission, register, routes } = options;
  const { config, log, metrics } = context;
  const closing = new AbortController();
  const readiness = new Readiness(context, admission, context.clock, log);
  // Nobody but this machine reaches addresses that need no `insecure`.
  const localOnly = !config.insecure;
  const registerAll = (router: ConnectRouter): void => {
    register(router);
    registerHealth(router, {
      readiness,
      isServed: (service) => served.has(service),
      closing: closing.signal,
    });
  };
  const edge = rpcEdge(admission, localOnly);
  const handlers = createRpcHandlers(registerAll, edge);
  const served = new Set([...handlers.values()].map((handler) => handler.service.typeName));
  const beginCall = callObserver(log, metrics);
  const bodyLimits = { budget: new ByteBudget(MAX_BUFFERED_BODY_BYTES), stallMs: BODY_STALL_MS };
  const rpc: RpcDependencies = { beginCall, metrics, bodyLimits, unary: unaryMethods(registerAll, edge) };
  const table = new RouteTable([...plainRoutes({ readiness, metrics, handlers, version }), ...routes]);

  await using opened = new AsyncDisposableStack();
  const grpcAddress = config.grpcListenAddr;
  const grpc = grpcAddress && (await openGrpcListener({ address: grpcAddress, handlers, rpc, log }));
  if (grpc) opened.defer(() => grpc.close(0));
  const grpcName = grpcAddress && grpc ? formatAddress({ ...grpcAddress, port: grpc.port }) : "";
  const http = openHttpListener({
    address: config.listenAddr,
    handlers,
    rpc,
    log,
    http: { routes: table, admission, beginCall, metrics, localOnly },
    grpcHint:
      grpcName === "" ? "turned off (grpc_listen_addr)" : `served on ${config.publicGrpcAddr || grpcName}`,
  });
  opened.move();
  const all: readonly Listener[] = grpc ? [http, grpc] : [http];
  return {
    addresses: { http: formatAddress({ ...config.listenAddr, port: http.port }), grpc: grpcName },
    async close(graceMs) {
      closing.abort();
      await Promise.all(all.map((listener) => listener.close(graceMs)));
    },
  };
}
