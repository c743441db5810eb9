import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";
import { HEALTH_WATCH_INTERVAL_MS } from "./limits.ts";
import type { Readiness } from "./readiness.ts";

export interface HealthOptions {
  readonly readiness: Readiness;
  /** Whether the server has the service with this full name. */
  readonly isServed: (service: string) => boolean;
  /** Ends watches. */
  readonly closing: AbortSignal;
}

/** Serves grpc.health.v1 for the whole server ("") and for each of its services, which live and die together. */
export function registerHealth(router: ConnectRouter, { readiness, isServed, closing }: HealthOptions): void {
  const isKnown = (service: string): boolean => service === "" || isServed(service);
  const statusNow = async (): Promise<Status> =>
    (await readiness.report()).ready ? Status.SERVING : Status.NOT_SERVING;

  router.service(Health, {
    async check({ service }) {
      if (!isKnown(service)) throw new ConnectError(`There is no service "${service}".`, Code.NotFound);
      return { status: await statusNow() };
    },
    async *watch({ service }, { signal }: HandlerContext) {
      let last: Status | undefined;
      while (!signal.aborted && !closing.aborted) {
        const status = isKnown(service) ? await statusNow() : Status.SERVICE_UNKNOWN;
        if (status !== last) yield { status };
        last = status;
        await nextLook([signal, closing], readiness.draining);
      }
    },
  });
}

/** Waits until it is time to look again: after the interval, when it is over, or when the server begins to drain. */
async function nextLook(over: readonly AbortSignal[], draining: AbortSignal): Promise<void> {
  if (over.some((signal) => signal.aborted)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  const timer = setTimeout(wake, HEALTH_WATCH_INTERVAL_MS);
  const signals = [...over, draining];
  for (const signal of signals) signal.addEventListener("abort", wake, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", wake);
  }
}
