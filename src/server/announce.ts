import { version } from "../version.ts";
import { isLoopback, knowsItsCallers, type AppContext } from "./context.ts";
import type { BoundAddresses } from "./listeners.ts";
import { blobPlace, metadataPlace } from "./places.ts";

export interface Announcement {
  readonly context: AppContext;
  readonly addresses: BoundAddresses;
  /** Undefined when there is none. */
  readonly configFile: string | undefined;
  readonly warnings: readonly string[];
  /** Whether somebody reads along. */
  readonly terminal: boolean;
}

/** The first log lines: where the server listens, and where the data is. */
export function announce({ context, addresses, configFile, warnings, terminal }: Announcement): void {
  const { config, log } = context;
  const http = `${addresses.scheme}://${addresses.http}`;
  const metadata = metadataPlace(config);
  const blobs = blobPlace(config);
  const source = configFile ?? "defaults";
  if (terminal) {
    const grpc = addresses.grpc === "" ? "" : `, native gRPC on ${addresses.grpc}`;
    const [role, other] = config.roles;
    const alone = other === undefined ? ` (roles = ["${role}"])` : "";
    process.stderr.write(
      `ModelBox ${version} listens on ${http}${grpc}${alone}.\n` +
        `Metadata is in ${metadata}, files are in ${blobs}; configuration: ${source}.\n` +
        "Stop it with Ctrl-C.\n",
    );
  } else {
    const readyMs = Math.round(performance.now());
    log.info({ version, roles: config.roles, http, grpc: addresses.grpc, ready_ms: readyMs }, "listening");
    log.info({ metadata, blobs, config: source }, "storage");
  }
  for (const warning of warnings) log.warn({}, warning);
  if (config.readOnly) log.warn({}, "read_only is true: what would change anything is refused");
  if (config.insecure && !knowsItsCallers(config))
    log.warn({}, "insecure is true: everybody who reaches the server may read and change everything");
  const exposed = [config.listenAddr, config.grpcListenAddr].some((one) => one && !isLoopback(one.host));
  if (config.auth === "token" && context.tls === undefined && exposed) {
    log.warn(
      {},
      "tokens cross the network as plain text: set [tls], or listen on 127.0.0.1 behind a proxy with TLS",
    );
  }
}
