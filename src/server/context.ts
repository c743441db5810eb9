import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createDirectS3BlobStore,
  createFilesystemBlobStore,
  createS3BlobStore,
  observedBlobStore,
  SettingError,
} from "../blob/index.ts";
import { ConfigError, readTlsFiles, type ServerConfig, type TlsMaterial } from "../config/index.ts";
import type { BlobStore } from "../domain/blob-store.ts";
import type { DirectTransfer } from "../domain/direct-transfer.ts";
import { systemClock, type Clock } from "../domain/clock.ts";
import { DomainError, failedPrecondition, notFound } from "../domain/errors.ts";
import type { MetadataStore } from "../domain/metadata-store.ts";
import {
  awaitedMetadataStore,
  createLibsqlMetadataStore,
  createRemoteMetadataStore,
  migrationStatus,
  remoteMigrationStatus,
  type MigrationStatus,
} from "../metadata/index.ts";
import { createLogger, type Logger } from "../observability/logger.ts";
import { createMetrics, type Metrics, type StoredTotals } from "../observability/metrics.ts";
import type { ServiceContext } from "../service/context.ts";
import { version } from "../version.ts";
import { storeRetryLog } from "./store-retry-log.ts";
import { measureMetadata } from "./measure-metadata.ts";

export {
  formatAddress,
  isLoopback,
  knowsItsCallers,
  type Address,
  type ServerConfig,
  type TlsMaterial,
} from "../config/index.ts";

/** Parts that tests bring instead of those that the configuration names. The context closes them with itself. */
export interface AppContextOverrides {
  readonly metadata?: MetadataStore;
  readonly blobs?: BlobStore;
  readonly clock?: Clock;
  readonly log?: Logger;
}

const OWNER_ONLY = 0o700;
const PATH_KEY = "metadata_storage_integrated.path";
const BASE_DIR_KEY = "blob_storage_filesystem.base_dir";

/** Everything that a server is made of, chosen once by its configuration. The only place that knows the drivers. */
export class AppContext implements ServiceContext, AsyncDisposable {
  readonly config: ServerConfig;
  /** Undefined when the listeners speak without TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly direct: DirectTransfer | undefined;
  readonly #resources: AsyncDisposableStack;

  private constructor(parts: Parts, resources: AsyncDisposableStack) {
    this.config = parts.config;
    this.tls = parts.tls;
    this.log = parts.log;
    this.clock = parts.clock;
    this.metrics = parts.metrics;
    this.metadata = parts.metadata;
    this.blobs = parts.blobs;
    this.direct = parts.direct;
    this.#resources = resources;
  }

  /** Opens the storage, which is migrated. Throws ConfigError or DomainError with what to do about it. */
  static async fromConfig(config: ServerConfig, overrides: AppContextOverrides = {}): Promise<AppContext> {
    const log = overrides.log ?? createLogger(config.log);
    const clock = overrides.clock ?? systemClock();
    const tls = readTls(config);
    await using resources = new AsyncDisposableStack();
    // Opened first and closed last: bytes may be written while metadata closes, never the other way round.
    const storage: OpenedBlobs = overrides.blobs
      ? { blobs: overrides.blobs }
      : await openBlobs(config, { log, mayBeDirect: true });
    const openedBlobs = resources.use(storage.blobs);
    const openedMetadata = resources.use(overrides.metadata ?? (await openMetadata(config, clock, log)));
    const metrics = createMetrics(() => storedTotals(openedMetadata, log), version);
    resources.defer(() => metrics.close());
    const metadata = measureMetadata(openedMetadata, metrics);
    const blobs = observedBlobStore(openedBlobs, (...operation) => metrics.observeBlobStore(...operation));
    return new AppContext(
      { config, tls, log, clock, metrics, metadata, blobs, direct: storage.direct },
      resources.move(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** The storage of an installation, opened without a server. */
export interface OpenedStorage extends AsyncDisposable {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
}

/**
 * Opens what is there, of this executable's schema, beside servers: to read it, or to change rows and delete objects, which
 * disturbs nobody. With `quiet` none of them may write: in
 * integrated mode one that does is refused, and refused as long as this is open.
 */
export async function openBeside(config: ServerConfig, clock: Clock, quiet: boolean): Promise<OpenedStorage> {
  const { exists, pending, database } = await storageStatus(config);
  if (!exists) throw notFound("database", database);
  if (pending.length > 0) {
    const message = `The database ${database} is older than this ModelBox; run \`modelbox server migrate\` on it first.`;
    throw failedPrecondition("DATABASE_OLDER", message, { database });
  }
  await using resources = new AsyncDisposableStack();
  const blobs = resources.use((await openBlobs(config, { onlyReads: true })).blobs);
  const metadata = resources.use(
    await openDatabase(config, clock, quiet ? { readOnly: true } : { shared: true }),
  );
  const opened = resources.move();
  return { metadata, blobs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Opens an empty place, or one that is being filled from the same source, to fill it; no server may start on it meanwhile. */
export async function openForFilling(
  config: ServerConfig,
  clock: Clock,
  copyFrom: string,
): Promise<OpenedStorage> {
  await using resources = new AsyncDisposableStack();
  const blobs = resources.use((await openBlobs(config)).blobs);
  const metadata = resources.use(await openDatabase(config, clock, { copyFrom }));
  const opened = resources.move();
  return { metadata, blobs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** What the database has, and what this executable brings; looks without changing anything. */
export async function storageStatus(config: ServerConfig): Promise<MigrationStatus> {
  try {
    const remote = remoteDatabase(config);
    if (remote === undefined) return migrationStatus(config.metadataStorageIntegrated.path);
    return await remoteMigrationStatus(remote);
  } catch (error) {
    throw namingKey(error, config);
  }
}

/**
 * Opens the database for a command that may run beside a server. One that is missing or older is made or migrated first,
 * which a server that has it open does not allow.
 */
export async function openMetadataBeside(config: ServerConfig, clock: Clock): Promise<MetadataStore> {
  const { exists, pending } = await storageStatus(config);
  return await openDatabase(config, clock, { shared: exists && pending.length === 0 });
}

/**
 * Brings the database to this executable's schema without starting a server; in integrated mode refused while a server
 * has it open.
 */
export async function migrateStorage(config: ServerConfig): Promise<MigrationStatus> {
  await using _opened = await openDatabase(config, systemClock());
  return await storageStatus(config);
}

interface Parts {
  readonly config: ServerConfig;
  readonly tls: TlsMaterial | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly direct: DirectTransfer | undefined;
}

/** The files that the configuration names, as they are now; undefined without TLS. Throws ConfigError. */
export function readTls({ tls }: ServerConfig): TlsMaterial | undefined {
  if (tls.certFile === undefined) return undefined;
  const { certFile, keyFile, clientCaFile: caFile } = tls;
  const names = { cert: "tls.cert_file", key: "tls.key_file", ca: "tls.client_ca_file" };
  return readTlsFiles({ certFile, keyFile, caFile }, names);
}

/** Waits in the background for a database server that does not answer yet. */
async function openMetadata(config: ServerConfig, clock: Clock, log: Logger): Promise<MetadataStore> {
  const { readOnly } = config;
  if (config.metadataStorage === "integrated") return await openDatabase(config, clock, { readOnly });
  return await awaitedMetadataStore(
    () => openDatabase(config, clock),
    (error, final) => {
      if (final) log.error({ err: error }, "the database can't be used");
      else log.warn({ err: error }, "waiting for the database");
    },
  );
}

interface DatabaseUse {
  readonly shared?: boolean;
  readonly readOnly?: boolean;
  readonly copyFrom?: string;
}

async function openDatabase(
  config: ServerConfig,
  clock: Clock,
  use: DatabaseUse = {},
): Promise<MetadataStore> {
  const remote = remoteDatabase(config);
  const { path } = config.metadataStorageIntegrated;
  if (remote === undefined) makeFolder(dirname(path), PATH_KEY);
  try {
    return remote === undefined
      ? await createLibsqlMetadataStore({ path, clock, ...use })
      : await createRemoteMetadataStore({ ...remote, clock, copyFrom: use.copyFrom });
  } catch (error) {
    throw namingKey(error, config);
  }
}

/** The database server that the configuration names; undefined in integrated mode. */
function remoteDatabase(config: ServerConfig) {
  const kind = config.metadataStorage;
  if (kind === "integrated") return undefined;
  const section = kind === "mysql" ? config.metadataStorageMysql : config.metadataStoragePostgres;
  if (section === undefined) throw new ConfigError([`metadata_storage = "${kind}" needs its section.`]);
  return { kind, settings: { ...section, password: section.password.reveal() } };
}

/** Where bytes are kept, and how clients reach them past this process. */
interface OpenedBlobs {
  readonly blobs: BlobStore;
  readonly direct?: DirectTransfer;
}

/** How a blob store will be used. */
interface BlobUse {
  /** Beside a server that writes. */
  readonly onlyReads?: boolean;
  /** Clients move chunks past this process if the configuration says so. */
  readonly mayBeDirect?: boolean;
  /** Told of requests that are made again. */
  readonly log?: Logger;
}

async function openBlobs(config: ServerConfig, use: BlobUse = {}): Promise<OpenedBlobs> {
  if (config.blobStorage === "s3" && config.blobStorageS3 !== undefined)
    return openS3(config.blobStorageS3, {
      ...use,
      mayBeDirect: use.mayBeDirect === true && config.blobTransfer === "direct",
    });
  const { baseDir } = config.blobStorageFilesystem;
  if (use.onlyReads === true) return { blobs: await createFilesystemBlobStore({ baseDir, onlyReads: true }) };
  makeFolder(baseDir, BASE_DIR_KEY);
  requireWritable(baseDir, BASE_DIR_KEY);
  return { blobs: await createFilesystemBlobStore({ baseDir }) };
}

const BYTES_PER_MIB = 1024 * 1024;

async function openS3(
  section: NonNullable<ServerConfig["blobStorageS3"]>,
  { onlyReads = false, mayBeDirect = false, log }: BlobUse,
): Promise<OpenedBlobs> {
  const { accessKey, secretKey, partSizeMib, ...options } = section;
  const keys = { accessKey: accessKey.reveal(), secretKey: secretKey.reveal() };
  const store = {
    ...options,
    credentials: keys.accessKey === "" ? undefined : keys,
    partSizeBytes: partSizeMib * BYTES_PER_MIB,
    onlyReads,
    ...(log === undefined ? {} : { onRetry: storeRetryLog(log) }),
  };
  try {
    if (mayBeDirect) return await createDirectS3BlobStore(store);
    return { blobs: await createS3BlobStore(store) };
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    const { setting } = error;
    const key = setting === "blob_transfer" ? setting : `blob_storage_s3.${setting}`;
    throw new ConfigError([`${key}: ${error.message}.`], { cause: error });
  }
}

function makeFolder(folder: string, key: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw unusable(key, `the folder ${folder} can't be made`, error);
  }
}

/** A server that can't store anything must not say that it is ready. */
function requireWritable(folder: string, key: string): void {
  try {
    rmdirSync(mkdtempSync(join(folder, ".write-check-")));
  } catch (error) {
    throw unusable(key, `the folder ${folder} can't be written to`, error);
  }
}

function unusable(key: string, problem: string, cause: unknown): ConfigError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError([`${key}: ${problem} (${detail}); make it writable, or set another path.`], {
    cause,
  });
}

/** The driver knows what can't be used, and not where that was set. */
function namingKey(error: unknown, config: ServerConfig): unknown {
  if (!(error instanceof DomainError)) return error;
  const options = { cause: error };
  if (error.reason === "DATA_FOLDER_UNUSABLE")
    return new ConfigError([`${PATH_KEY}: ${error.message}`], options);
  if (error.reason !== "DATABASE_SETTINGS") return error;
  const key = `metadata_storage_${config.metadataStorage}.${error.metadata["key"]}`;
  return new ConfigError([`${key}: ${error.message}`], options);
}

/** A scrape must go on without the figure when the database does not answer. */
async function storedTotals(metadata: MetadataStore, log: Logger): Promise<StoredTotals | undefined> {
  try {
    return await metadata.read(async (tx) => ({
      ...(await tx.chunks.totals()),
      ...(await tx.storage.ofAll()),
    }));
  } catch (error) {
    log.warn({ err: error }, "what is stored could not be counted for metrics");
    return undefined;
  }
}
