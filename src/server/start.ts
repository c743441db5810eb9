import { Admission } from "./admission.ts";
import { announce } from "./announce.ts";
import { compose } from "./composition.ts";
import { AppContext, type AppContextOverrides, type ServerConfig } from "./context.ts";
import { startJobs } from "./jobs.ts";
import { MAX_RUNNING_CALLS, RESPONSE_GRACE_MS } from "./limits.ts";
import { renewTls } from "./renew-tls.ts";
import { openListeners, type BoundAddresses } from "./listeners.ts";

/** Where a running server can be reached, with the actual ports. */
export interface ServerAddresses {
  /** For example `http://127.0.0.1:8085`: Connect, gRPC-Web, files, health, metrics. */
  readonly http: string;
  /** For example `127.0.0.1:8086`: native gRPC; "" when it is turned off. */
  readonly grpc: string;
}

/** A server that accepts calls. */
export interface RunningServer extends AsyncDisposable {
  readonly addresses: ServerAddresses;
  /** Refuses new calls, waits for running ones up to the drain timeout, closes everything. Safe to call twice. */
  stop(): Promise<void>;
  /** Settles when the server has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
}

export interface StartOptions {
  /** Aborting it stops the server as `stop` does; `stopped` tells when it is done. */
  readonly signal?: AbortSignal;
  /** The file that the configuration came from, for the log. */
  readonly configFile?: string | undefined;
  /** What loading the configuration had to say, for the log. */
  readonly warnings?: readonly string[];
  readonly overrides?: AppContextOverrides;
}

/**
 * Opens the storage, migrates it, and listens. What it throws when it can't (ConfigError, ListenError, DomainError) has a
 * message that says what to do, and nothing stays open.
 */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const context = opened.use(await AppContext.fromConfig(config, options.overrides));
  const { log } = context;
  const admission = new Admission(MAX_RUNNING_CALLS);
  let addresses: BoundAddresses = { scheme: "http", http: "", grpc: "" };
  const { authenticate, register, routes, jobs } = compose(context, () => addresses);
  const listeners = await openListeners({ context, admission, authenticate, register, routes });
  ({ addresses } = listeners);
  const running = startJobs(jobs, log, () => context.metadata.check());
  const renewing = startJobs(
    context.tls === undefined ? [] : [renewTls(context, context.tls, listeners)],
    log,
  );
  opened.move();
  announce({
    context,
    addresses,
    configFile: options.configFile,
    warnings: options.warnings ?? [],
    terminal:
      options.overrides?.log === undefined && config.log.format !== "json" && process.stderr.isTTY === true,
  });

  const stopped = Promise.withResolvers<void>();
  // Whoever calls `stop` gets the failure too; `stopped` need not be watched by anybody.
  stopped.promise.catch(() => undefined);
  let stopping = false;
  const stop = (): Promise<void> => {
    if (!stopping) {
      stopping = true;
      drainAndClose().then(stopped.resolve, stopped.reject);
    }
    return stopped.promise;
  };
  const onAbort = (): void => void stop();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  return {
    addresses: { http: `${addresses.scheme}://${addresses.http}`, grpc: addresses.grpc },
    stop,
    stopped: stopped.promise,
    [Symbol.asyncDispose]: stop,
  };

  async function drainAndClose(): Promise<void> {
    options.signal?.removeEventListener("abort", onAbort);
    log.info({ running: admission.running, timeout_s: config.drainTimeoutSeconds }, "draining");
    const [drained] = await Promise.all([
      admission.drain(config.drainTimeoutSeconds * 1000),
      running[Symbol.asyncDispose](),
      renewing[Symbol.asyncDispose](),
    ]);
    if (!drained) log.warn({ running: admission.running }, "drain timed out; cutting off what still runs");
    await listeners.close(drained ? RESPONSE_GRACE_MS : 0);
    await context[Symbol.asyncDispose]();
    log.info({}, "stopped");
  }
}
