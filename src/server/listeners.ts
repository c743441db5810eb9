import type { ConnectRouter } from "@connectrpc/connect";
import type { Admission } from "./admission.ts";
import { ByteBudget } from "./byte-budget.ts";
import { formatAddress, knowsItsCallers, type AppContext, type TlsMaterial } from "./context.ts";
import { openGrpcListener } from "./grpc-listener.ts";
import { accessOf } from "./access-table.ts";
import { registerHealth } from "./health-service.ts";
import { plainRoutes } from "./http/plain-routes.ts";
import type { HttpRoute } from "./http/route.ts";
import { RouteTable } from "./http/route-table.ts";
import { openHttpListener, type Listener } from "./http-listener.ts";
import type { Authenticate } from "./interceptors/authenticate.ts";
import { isServedBy, type ServedRoles } from "./interceptors/role.ts";
import { BODY_STALL_MS, MAX_BUFFERED_BODY_BYTES, STREAM_CHECK_MS } from "./limits.ts";
import { callObserver } from "./observed-call.ts";
import { Readiness } from "./readiness.ts";
import type { RpcDependencies } from "./rpc-endpoint.ts";
import { createRpcHandlers, rpcEdge } from "./router.ts";
import { unaryMethods } from "./unary/unary-method.ts";
import { version } from "../version.ts";

export interface ListenersOptions {
  readonly context: AppContext;
  readonly admission: Admission;
  /** Finds out who calls. */
  readonly authenticate: Authenticate;
  /** Adds the services, apart from health. Called more than once. */
  readonly register: (router: ConnectRouter) => void;
  /** The plain HTTP routes, apart from health, metrics and descriptor. */
  readonly routes: readonly HttpRoute[];
}

/** Where clients reach the listeners, with the actual ports. */
export interface BoundAddresses {
  /** How `http` is spoken to. */
  readonly scheme: "http" | "https";
  /** `host:port` of `listen_addr`. */
  readonly http: string;
  /** `host:port` of `grpc_listen_addr`; "" when it is turned off. */
  readonly grpc: string;
}

/** Both listeners, open. */
export interface Listeners {
  readonly addresses: BoundAddresses;
  /** What new connections are spoken to with, from now on. */
  setTls(tls: TlsMaterial): void;
  /** Takes no new connections, gives responses `graceMs` to go out, then closes everything. */
  close(graceMs: number): Promise<void>;
}

/** Opens both listeners over one set of handlers. Throws ListenError, with nothing left open. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { context, admission, authenticate, register, routes } = options;
  const { config, tls, log, metrics } = context;
  const closing = new AbortController();
  const readiness = new Readiness(context, admission, context.clock, log);
  const { readOnly, roles } = config;
  const served: ServedRoles = {
    roles,
    serverAddr: config.publicServerAddr,
    blobAddrs: config.publicBlobAddrs,
  };
  // Nobody but this machine reaches addresses that need neither.
  const localOnly = !config.insecure && !knowsItsCallers(config);
  const registerAll = (router: ConnectRouter): void => {
    register(router);
    registerHealth(router, {
      readiness,
      isServed: (service) => services.has(service),
      closing: closing.signal,
    });
  };
  const edge = rpcEdge({
    admission,
    localOnly,
    readOnly,
    served,
    streamCheck: config.auth === "none" ? undefined : { intervalMs: STREAM_CHECK_MS, authenticate },
  });
  const handlers = createRpcHandlers(registerAll, edge);
  const here = [...handlers.values()].filter((handler) => isServedBy(roles, accessOf(handler.method)));
  const services = new Set(here.map((handler) => handler.service.typeName));
  const beginCall = callObserver(log, metrics);
  const bodyLimits = { budget: new ByteBudget(MAX_BUFFERED_BODY_BYTES), stallMs: BODY_STALL_MS };
  const unary = unaryMethods(registerAll, edge);
  const rpc: RpcDependencies = { beginCall, metrics, bodyLimits, authenticate, unary };
  const table = new RouteTable([
    ...plainRoutes({ readiness, metrics, handlers, services, version }),
    ...routes,
  ]);

  await using opened = new AsyncDisposableStack();
  const grpcAddress = config.grpcListenAddr;
  const grpc = grpcAddress && (await openGrpcListener({ address: grpcAddress, tls, handlers, rpc, log }));
  if (grpc) opened.defer(() => grpc.close(0));
  const grpcName = grpcAddress && grpc ? formatAddress({ ...grpcAddress, port: grpc.port }) : "";
  const http = openHttpListener({
    address: config.listenAddr,
    tls,
    handlers,
    rpc,
    log,
    http: { routes: table, admission, authenticate, beginCall, metrics, localOnly, readOnly, served },
    grpcHint:
      grpcName === "" ? "turned off (grpc_listen_addr)" : `served on ${config.publicGrpcAddr || grpcName}`,
  });
  opened.move();
  const all: readonly Listener[] = grpc ? [http, grpc] : [http];
  return {
    addresses: {
      scheme: tls === undefined ? "http" : "https",
      http: formatAddress({ ...config.listenAddr, port: http.port }),
      grpc: grpcName,
    },
    setTls(next) {
      for (const listener of all) listener.setTls(next);
    },
    async close(graceMs) {
      closing.abort();
      await Promise.all(all.map((listener) => listener.close(graceMs)));
    },
  };
}
