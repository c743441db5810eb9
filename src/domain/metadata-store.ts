import type {
  Artifact,
  Checkpoint,
  DigestState,
  Event,
  Experiment,
  FileChunk,
  JsonValue,
  LabelledKind,
  Labels,
  Lease,
  LeaseKind,
  LineageEdge,
  MetricPoint,
  Model,
  ModelVersion,
  Namespace,
  ObjectKind,
  StoredFile,
  TagAssignment,
  Token,
} from "./entities.ts";
import type {
  EncodingReader,
  EncodingWriter,
  GarbageReader,
  GarbageWriter,
  JobReader,
  JobWriter,
} from "./background-work.ts";
import type { ChunkReader, ChunkWriter, PackReader, PackWriter } from "./chunk-rows.ts";
import type { FilterExpression } from "./filter.ts";
import type { StorageCheckReader, StorageCheckWriter } from "./storage-checks.ts";
import type { StorageReader, StorageWriter } from "./storage-report.ts";
import type { TableReader, TableWriter } from "./table-rows.ts";
import type { Change, MetricSummary, NewChange } from "./views.ts";

/**
 * Port: everything that is known about objects, in a database.
 *
 * `read` sees one consistent snapshot. `write` commits whole and durably before the promise resolves, or not at all; the
 * named objects that it read by id or name (`get`, `getMany`, `findByName`) are as it read them when it commits, or
 * the work is run again. So a work (after a deadlock, a lost connection, in a group commit that lost a member) must have
 * no effect outside the transaction, and must await nothing but the transaction. Throwing rolls back. A commit of which
 * nobody knows whether it happened is resolved by running the work again when it has remembered its request id
 * (`requests`), and is thrown as "unavailable" (reason COMMIT_UNKNOWN) otherwise.
 * Lists are at most as long as asked for; all else is bounded by domain/limits.ts. Failures of the database are thrown
 * as DomainError "unavailable" when a later try may work. `get`-like calls give undefined when there is nothing.
 */
export interface MetadataStore extends AsyncDisposable {
  read<T>(work: (tx: MetadataReader) => Promise<T>): Promise<T>;
  write<T>(work: (tx: MetadataWriter) => Promise<T>, options?: WriteTransactionOptions): Promise<T>;
  /**
   * Calls the listener after each commit with changes in the namespace: at once for those of this process, within a
   * second for those of other servers on the same database; now and then without one. Returns how to stop.
   */
  onChanges(namespaceId: string, listener: () => void): () => void;
  /** Throws when the database does not answer; for readiness. */
  check(): Promise<void>;
}

/** What a transaction can read. */
export interface MetadataReader {
  readonly namespaces: NamedReader<Namespace>;
  readonly experiments: NamedReader<Experiment> & {
    findByExternalId(namespaceId: string, externalId: string): Promise<Experiment | undefined>;
  };
  readonly checkpoints: NamedReader<Checkpoint>;
  readonly models: NamedReader<Model>;
  /** `findByName` takes the version string. */
  readonly versions: NamedReader<ModelVersion>;
  readonly tags: TagReader;
  readonly artifacts: ArtifactReader;
  readonly chunks: ChunkReader;
  readonly packs: PackReader;
  readonly leases: LeaseReader;
  readonly storage: StorageReader;
  readonly labels: LabelReader;
  readonly metrics: MetricReader;
  readonly events: EventReader;
  readonly lineage: LineageReader;
  readonly changes: ChangeReader;
  readonly requests: RequestReader;
  readonly tokens: TokenReader;
  readonly checks: StorageCheckReader;
  readonly garbage: GarbageReader;
  readonly encodings: EncodingReader;
  readonly jobs: JobReader;
  readonly tables: TableReader;
}

/** How a transaction is committed. */
export interface WriteTransactionOptions {
  /**
   * True: it is committed, but a power failure may take it back, as long as no other write has been committed after it.
   * The end of the process does not. A store may make it durable all the same. Default: false.
   */
  readonly mayBeLost?: boolean;
}

/** What a transaction can write. */
export interface MetadataWriter extends MetadataReader {
  readonly namespaces: NamedWriter<Namespace>;
  readonly experiments: NamedWriter<Experiment> & MetadataReader["experiments"];
  readonly checkpoints: NamedWriter<Checkpoint>;
  readonly models: NamedWriter<Model>;
  readonly versions: NamedWriter<ModelVersion>;
  readonly tags: TagWriter;
  readonly artifacts: ArtifactWriter;
  readonly chunks: ChunkWriter;
  readonly packs: PackWriter;
  readonly leases: LeaseWriter;
  readonly storage: StorageWriter;
  readonly labels: LabelWriter;
  readonly metrics: MetricWriter;
  readonly events: EventWriter;
  readonly lineage: LineageWriter;
  readonly changes: ChangeWriter;
  readonly requests: RequestWriter;
  readonly tokens: TokenWriter;
  readonly checks: StorageCheckWriter;
  readonly garbage: GarbageWriter;
  readonly encodings: EncodingWriter;
  readonly jobs: JobWriter;
  readonly tables: TableWriter;
}

/** Where a list looks: everywhere (namespaces), in a namespace, or in a parent (experiment, model, object). */
export type ListScope =
  | { readonly type: "all" }
  | { readonly type: "namespace"; readonly id: string }
  | { readonly type: "parent"; readonly id: string };

/** The value of the order field and the id of the last row of a page. */
export interface ListCursor {
  readonly value: string | number | null;
  readonly id: string;
}

export interface ListQuery {
  readonly scope: ListScope;
  readonly filter?: FilterExpression | undefined;
  /** `field` is a plain field or `metrics.<key>`; rows without that metric come last. Ties are broken by id. */
  readonly orderBy: { readonly field: string; readonly descending: boolean };
  readonly limit: number;
  readonly after?: ListCursor | undefined;
}

export interface ListPage<E> {
  readonly items: readonly E[];
  /** Undefined on the last page. */
  readonly next: ListCursor | undefined;
  /** True when the scan budget was spent before the page was full. */
  readonly incomplete: boolean;
}

export interface NamedReader<E> {
  get(id: string): Promise<E | undefined>;
  getMany(ids: readonly string[]): Promise<readonly E[]>;
  /** `parentId` is "" for namespaces. */
  findByName(parentId: string, name: string): Promise<E | undefined>;
  /** Throws DomainError "invalid_argument" with the position for a field, operator or value that does not fit. */
  list(query: ListQuery): Promise<ListPage<E>>;
}

export interface NamedWriter<E> extends NamedReader<E> {
  /** Throws DomainError "already_exists" when the name (or external id) is taken. */
  insert(entity: E): Promise<void>;
  /** Replaces the row whose id and revision - 1 match; throws DomainError "conflict" (reason STALE) otherwise. */
  update(entity: E): Promise<void>;
  /**
   * Removes the row with its labels, metrics, events, artifacts (with files), tag assignments that are current, and
   * leases. Children must be gone. Lineage edges, tag history and changes stay.
   */
  delete(id: string): Promise<void>;
}

export interface TagReader {
  /** Current assignments of these versions. */
  forVersions(versionIds: readonly string[]): Promise<readonly TagAssignment[]>;
  /** Current assignments of these models, by tag. */
  forModels(modelIds: readonly string[]): Promise<readonly TagAssignment[]>;
  current(modelId: string, tag: string): Promise<TagAssignment | undefined>;
  /** All assignments, newest first; `tag` undefined for all tags. */
  history(
    modelId: string,
    tag: string | undefined,
    limit: number,
    after?: ListCursor,
  ): Promise<ListPage<TagAssignment>>;
}

export interface TagWriter extends TagReader {
  /** Throws DomainError "conflict" when the tag is still assigned in the model. */
  assign(assignment: TagAssignment): Promise<void>;
  /** Ends the current assignment; returns it as it was, or undefined when there was none. */
  unassign(modelId: string, tag: string, at: number): Promise<TagAssignment | undefined>;
}

export interface ArtifactReader {
  get(id: string): Promise<Artifact | undefined>;
  find(objectId: string, name: string): Promise<Artifact | undefined>;
  /** The default artifacts of these objects. */
  defaults(objectIds: readonly string[]): Promise<readonly Artifact[]>;
  /** Scope "parent" is the object. */
  list(query: ListQuery): Promise<ListPage<Artifact>>;
  /** Files in the order of their paths (bytewise), after a path. `prefix` matches a file or a folder whole. */
  files(
    artifactId: string,
    prefix: string,
    afterPath: string | undefined,
    limit: number,
  ): Promise<readonly StoredFile[]>;
  file(fileId: string): Promise<StoredFile | undefined>;
  /** The same for many; those that are not there are left out. */
  filesById(fileIds: readonly string[]): Promise<readonly StoredFile[]>;
  fileByPath(artifactId: string, path: string): Promise<StoredFile | undefined>;
  /** Chunks of a file that end after `fromOffset`, in order. */
  fileChunks(fileId: string, fromOffset: number, limit: number): Promise<readonly FileChunk[]>;
  /** The first chunks, at most so many in all, of files: those of one file together and in order. */
  chunksOfFiles(
    fileIds: readonly string[],
    limit: number,
  ): Promise<readonly (FileChunk & { readonly fileId: string })[]>;
  /** Files with digest state "pending", oldest first. */
  pendingFiles(limit: number): Promise<readonly StoredFile[]>;
  /** Artifacts, and paths of their files, that contain a chunk; in any order. */
  usesOf(
    digest: string,
    limit: number,
  ): Promise<readonly { readonly artifact: Artifact; readonly path: string }[]>;
}

/** A file and its pieces, to insert. */
export interface NewFile {
  readonly file: StoredFile;
  readonly chunks: readonly FileChunk[];
}

export interface ArtifactWriter extends ArtifactReader {
  /** Throws DomainError "already_exists" when the name is taken on the object. */
  insert(artifact: Artifact, files: readonly NewFile[]): Promise<void>;
  /** Gives another object the same files, by reference: no bytes move, however many files there are. */
  copy(fromArtifactId: string, to: Artifact): Promise<void>;
  setDigest(fileId: string, sha256: string, state: DigestState): Promise<void>;
  /** Removes the artifact with its files. */
  delete(id: string): Promise<void>;
}

export interface LeaseReader {
  get(id: string): Promise<Lease | undefined>;
  /** Leases of the object that have neither ended nor expired at `now`. */
  active(objectId: string, kind: LeaseKind, now: number): Promise<readonly Lease[]>;
  /** Sum of what the uploads into a namespace that live at `now` have reserved. */
  reservedBytes(namespaceId: string, now: number): Promise<number>;
}

export interface LeaseWriter extends LeaseReader {
  insert(lease: Lease): Promise<void>;
  /** Highest fencing number that was ever given for the object, plus one; and the last one that was written with. */
  nextFence(objectId: string): Promise<{ readonly number: number; readonly previousWriter: number }>;
  /** Something is written with a run lease. */
  noteWrite(lease: Lease): Promise<void>;
  renew(id: string, expiresAt: number, ttlMs: number): Promise<void>;
  /** Ends it; an upload lease lets go of its chunks. */
  end(id: string, at: number): Promise<void>;
  /** Removes leases that ended or expired before `before`, with their holds; returns how many. Bounded by limit. */
  purge(before: number, limit: number): Promise<number>;
}

export interface LabelReader {
  /** By object id; objects without labels are left out. */
  getMany(objectIds: readonly string[]): Promise<ReadonlyMap<string, Labels>>;
}

/** Which object a label, metric or event is on; parent and namespace serve the indexes. */
export interface ObjectKey {
  readonly kind: LabelledKind;
  readonly id: string;
  readonly namespaceId: string;
  /** Experiment of a checkpoint, model of a version, namespace of the others; "" for a namespace. */
  readonly parentId: string;
}

export interface LabelWriter extends LabelReader {
  set(object: ObjectKey, labels: Readonly<Record<string, JsonValue>>): Promise<void>;
  unset(objectId: string, keys: readonly string[]): Promise<void>;
}

export interface MetricReader {
  /** Value at the highest step of each key, at most `maxKeys` an object (first by key); by object id. */
  latestMany(objectIds: readonly string[], maxKeys: number): Promise<ReadonlyMap<string, MetricSummary>>;
  /** Point at the highest step of each key, by key. `keys` empty: all, up to `limit`. */
  latest(objectId: string, keys: readonly string[], limit: number): Promise<readonly MetricPoint[]>;
  /** Points by key and step, after a point. */
  points(query: {
    readonly objectId: string;
    readonly key: string | undefined;
    readonly minStep: bigint | undefined;
    readonly maxStep: bigint | undefined;
    readonly after: { readonly key: string; readonly step: bigint } | undefined;
    readonly limit: number;
  }): Promise<readonly MetricPoint[]>;
}

export interface MetricWriter extends MetricReader {
  /** Upserts by key and step, and keeps the latest values. Later points of the list win. */
  log(object: ObjectKey, points: readonly MetricPoint[]): Promise<void>;
}

export interface EventReader {
  /** Scope "parent" is the object; fields name, source, time. */
  list(query: ListQuery): Promise<ListPage<Event>>;
}

export interface EventWriter extends EventReader {
  insert(events: readonly Event[]): Promise<void>;
}

export interface LineageReader {
  /** Edges that begin ("descendants") or end ("ancestors") at any of these nodes, at most `limit`. */
  edges(
    namespaceId: string,
    nodes: readonly string[],
    direction: "ancestors" | "descendants",
    limit: number,
  ): Promise<readonly LineageEdge[]>;
}

export interface LineageWriter extends LineageReader {
  /** Returns those that were not there yet. */
  add(edges: readonly LineageEdge[]): Promise<readonly LineageEdge[]>;
  /** Returns those that were there. */
  remove(edges: readonly LineageEdge[]): Promise<readonly LineageEdge[]>;
}

export interface ChangeReader {
  /** Changes with a sequence number above `after`, in order. `kinds` empty: all. Also for deleted namespaces. */
  list(
    namespaceId: string,
    after: number,
    kinds: readonly ObjectKind[],
    limit: number,
  ): Promise<readonly Change[]>;
  /** 0 when the namespace has none. */
  lastSequence(namespaceId: string): Promise<number>;
}

export interface ChangeWriter extends ChangeReader {
  /** Numbers and stores changes. Call it last in a transaction: it locks the namespace's counter. */
  append(changes: readonly NewChange[]): Promise<readonly Change[]>;
}

/** A response that is remembered for its request id. */
export interface RememberedRequest {
  readonly actor: string;
  readonly method: string;
  readonly requestId: string;
  /** SHA-256 (hex) over the request, to refuse the reuse of an id for another one. */
  readonly fingerprint: string;
  /** Text of encodePlain. */
  readonly response: string;
  readonly createdAt: number;
}

export interface RequestReader {
  find(actor: string, method: string, requestId: string): Promise<RememberedRequest | undefined>;
}

export interface RequestWriter extends RequestReader {
  remember(request: RememberedRequest): Promise<void>;
  /** Removes those from before `before`; returns how many. Bounded by limit. */
  purge(before: number, limit: number): Promise<number>;
}

export interface TokenReader {
  get(id: string): Promise<Token | undefined>;
  findByDigest(digest: string): Promise<Token | undefined>;
  /** All that have the name, by id. */
  findByName(name: string): Promise<readonly Token[]>;
  /** By id, so in the order of their making, after an id. */
  list(afterId: string | undefined, limit: number): Promise<readonly Token[]>;
}

export interface TokenWriter extends TokenReader {
  /** Throws DomainError "already_exists" when the id or the digest is taken. */
  insert(token: Token): Promise<void>;
  /** Revokes it, unless it was revoked already. */
  revoke(id: string, at: number): Promise<void>;
  noteUse(id: string, at: number): Promise<void>;
}
