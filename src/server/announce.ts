import { version } from "../version.ts";
import type { AppContext, ServerConfig } from "./context.ts";
import type { BoundAddresses } from "./listeners.ts";

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
  const http = `http://${addresses.http}`;
  const metadata = config.metadataStorageIntegrated.path;
  const blobs = blobPlace(config);
  const source = configFile ?? "defaults";
  if (terminal) {
    const grpc = addresses.grpc === "" ? "" : `, native gRPC on ${addresses.grpc}`;
    process.stderr.write(
      `ModelBox ${version} listens on ${http}${grpc}.\n` +
        `Metadata is in ${metadata}, files are in ${blobs}; configuration: ${source}.\n` +
        "Stop it with Ctrl-C.\n",
    );
  } else {
    const readyMs = Math.round(performance.now());
    log.info({ version, http, grpc: addresses.grpc, ready_ms: readyMs }, "listening");
    log.info({ metadata, blobs, config: source }, "storage");
  }
  for (const warning of warnings) log.warn({}, warning);
  if (config.insecure)
    log.warn({}, "insecure is true: everybody who reaches the server may read and change everything");
}

/** A folder, or the address of a bucket. */
function blobPlace({ blobStorage, blobStorageFilesystem, blobStorageS3 }: ServerConfig): string {
  if (blobStorage === "filesystem" || blobStorageS3 === undefined) return blobStorageFilesystem.baseDir;
  const { endpoint, bucket, prefix } = blobStorageS3;
  return [endpoint, bucket, ...(prefix === "" ? [] : [prefix])].join("/");
}
