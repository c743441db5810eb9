import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { systemClock } from "../../../domain/clock.ts";
import type { Clock } from "../../../domain/clock.ts";
import type {
  MetadataReader,
  MetadataStore,
  MetadataWriter,
  WriteTransactionOptions,
} from "../../../domain/metadata-store.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import { createRepositories } from "../../repositories/index.ts";
import { Session } from "../../session.ts";
import type { ScanBudget } from "../../session.ts";
import { ChangeListeners } from "../../change-listeners.ts";
import { Connection } from "./connection.ts";
import type { QueryListener } from "./connection.ts";
import { sqliteDialect } from "./dialect.ts";
import { translateError, translateOpenError } from "./errors.ts";
import { lockFolder } from "./folder-lock.ts";
import type { FolderLock } from "./folder-lock.ts";
import { createPrivateFile, requireFileOrNothing } from "./private-file.ts";
import { migrateSqlite, requireMigrated, sqliteMigrationStatus } from "./migrations.ts";
import { ReaderPool } from "./reader-pool.ts";
import { sqliteTables } from "./schema.ts";
import { beginCopy, refuseUnfinishedCopy } from "../../unfinished-copy.ts";
import { requireWritable } from "./writable.ts";
import { WriterQueue } from "./writer-queue.ts";

/** Keeps everything in memory; gone when the store is disposed. */
export const MEMORY = ":memory:";

/**
 * Page caches. The system caches the file as well: with a million versions, lists were as fast with 4 MiB a reader as
 * with 16.
 */
const WRITER_CACHE_KIB = 16 * 1024;
const READER_CACHE_KIB = 4 * 1024;
/** The write-ahead log is cut back to this after a large transaction. */
const WAL_KEEP_BYTES = 64 * 1024 * 1024;

/** Tries to have libsql let go of a file. */
const MAX_COLLECTIONS = 10;

const COMMON_PRAGMAS = ["foreign_keys = ON"];
const WRITER_PRAGMAS = [
  ...COMMON_PRAGMAS,
  `cache_size = -${WRITER_CACHE_KIB}`,
  // The queue waits for others itself, without holding up the thread.
  "busy_timeout = 0",
  "journal_mode = WAL",
  "synchronous = FULL",
  `journal_size_limit = ${WAL_KEEP_BYTES}`,
];
/** From the first statement on another process may be in the middle of a commit. */
const SHARED_WRITER_PRAGMAS = [
  "busy_timeout = 10000",
  ...WRITER_PRAGMAS.filter((pragma) => !pragma.startsWith("busy_timeout")),
];
const READER_PRAGMAS = [
  ...COMMON_PRAGMAS,
  `cache_size = -${READER_CACHE_KIB}`,
  // Not for the writer: what a savepoint keeps in memory is walked at every statement, and 83,000 files took twice as long.
  "temp_store = MEMORY",
  "busy_timeout = 5000",
  "query_only = ON",
];

export interface LibsqlMetadataStoreOptions {
  /** The database file, or ":memory:". Its folder is made when it is missing, and belongs to this store alone. */
  readonly path: string;
  /**
   * True for a command that works for a moment beside the server that has the folder: SQLite itself lets both write in
   * turn. The database must be there, with this executable's schema.
   */
  readonly shared?: boolean | undefined;
  /**
   * True for whoever only reads: the folder may have other readers, and no writer meanwhile. The few marks that readers
   * make all the same, they make in turn.
   */
  readonly readOnly?: boolean | undefined;
  /** What fills the database, which then must be empty, or begun by the same. By default a half filled one is refused. */
  readonly copyFrom?: string | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Called after each statement, for tests and debugging. */
  readonly onQuery?: QueryListener | undefined;
  /** What a list may spend when no index serves its filter. Default: SCAN_BUDGET_ROWS and SCAN_BUDGET_MS. */
  readonly scanBudget?: ScanBudget | undefined;
  /** Default: the migrations of this executable. */
  readonly migrations?: readonly EmbeddedMigration[] | undefined;
}

/**
 * Opens (and where needed makes or upgrades) the database of integrated mode. Throws DomainError
 * "failed_precondition" when another server uses the folder, or when the database is newer than this executable.
 */
export async function createLibsqlMetadataStore(options: LibsqlMetadataStoreOptions): Promise<MetadataStore> {
  const memory = options.path === MEMORY;
  const path = memory ? MEMORY : resolve(options.path);
  const folder = dirname(path);
  const resources = new DisposableStack();
  let lock: FolderLock | undefined;
  try {
    if (!memory) {
      requireFileOrNothing(path);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (options.shared !== true) lock = resources.use(lockFolder(folder, options.readOnly === true));
      createPrivateFile(path);
    }
    const open = (pragmas: readonly string[]) => new Connection({ path, pragmas, onQuery: options.onQuery });
    const shares = options.shared === true || options.readOnly === true;
    const writer = resources.use(open(shares ? SHARED_WRITER_PRAGMAS : WRITER_PRAGMAS));
    requireWritable(writer);
    const clock = options.clock ?? systemClock();
    const migrating = { connection: writer, path, nowMicros: () => clock.nowMicros() };
    const { migrations } = options;
    // Readers beside this one rely on the schema that they found.
    if (lock?.isAlone !== false)
      migrateSqlite({ ...migrating, ...(migrations && { available: migrations }) });
    else requireMigrated(sqliteMigrationStatus(path, migrations));
    const place = { connection: writer, dialect: sqliteDialect.name, tables: sqliteTables, address: path };
    if (options.copyFrom === undefined) await refuseUnfinishedCopy(place);
    else await beginCopy(place, options.copyFrom);
    if (options.readOnly === true) lock?.letReadersIn();
    return new SqliteMetadataStore({
      path,
      writer,
      scanBudget: options.scanBudget,
      openReader: memory ? undefined : () => open(READER_PRAGMAS),
      resources: resources.move(),
    });
  } catch (error) {
    resources.dispose();
    // What a refused start has open must not be shared with the next one, which may be allowed to write.
    await closeConnections(path);
    throw translateOpenError(error, path);
  }
}

interface Parts {
  readonly path: string;
  readonly writer: Connection;
  readonly scanBudget: ScanBudget | undefined;
  /** Undefined in memory: a second connection would see another database. */
  readonly openReader: (() => Connection) | undefined;
  readonly resources: DisposableStack;
}

class SqliteMetadataStore implements MetadataStore {
  readonly #parts: Parts;
  readonly #queue: WriterQueue;
  readonly #readers: ReaderPool | undefined;
  readonly #listeners = new ChangeListeners();
  #disposed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#queue = new WriterQueue({
      connection: parts.writer,
      newSession: () => this.#session(parts.writer),
      committed: (namespaceIds) => this.#listeners.tell(namespaceIds),
      translate: (error) => translateError(error, parts.path),
    });
    this.#readers = parts.openReader === undefined ? undefined : new ReaderPool(parts.openReader);
  }

  async read<T>(work: (tx: MetadataReader) => Promise<T>): Promise<T> {
    if (this.#readers === undefined) return await this.write(work);
    try {
      return await this.#readers.use(async (connection) => {
        const session = this.#session(connection);
        try {
          return await work(createRepositories(session));
        } finally {
          session.end();
        }
      });
    } catch (error) {
      throw translateError(error, this.#parts.path);
    }
  }

  async write<T>(work: (tx: MetadataWriter) => Promise<T>, options?: WriteTransactionOptions): Promise<T> {
    return await this.#queue.add((session) => work(createRepositories(session)), options);
  }

  onChanges(namespaceId: string, listener: () => void): () => void {
    return this.#listeners.add(namespaceId, listener);
  }

  async check(): Promise<void> {
    await this.read(async (tx) => await tx.namespaces.get(""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    await this.#disposed;
  }

  #session({ builder, prepared }: Connection): Session {
    const { scanBudget } = this.#parts;
    return new Session({ builder, prepared, tables: sqliteTables, dialect: sqliteDialect, scanBudget });
  }

  async #dispose(): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
    await this.#readers?.[Symbol.asyncDispose]();
    this.#parts.writer[Symbol.dispose]();
    await closeConnections(this.#parts.path);
    this.#parts.resources.dispose();
  }
}

/**
 * libsql closes a file once the last statement of its connection has been collected, and has no call to end one: so
 * they are collected now, else the log beside the database would stay until the process ends. It stays all the same
 * when another process looks at the database.
 */
async function closeConnections(path: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_COLLECTIONS; attempt += 1) {
    Bun.gc(true);
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!existsSync(`${path}-wal`)) return;
  }
}
