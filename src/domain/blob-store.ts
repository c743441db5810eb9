/**
 * Port: named, immutable byte objects. Implementations: folder, S3, memory.
 *
 * Keys come from object-keys.ts: relative, `/` between parts, safe characters only; each is written once. Every failure
 * is thrown; "not found" is only ever said when the store is sure (an unreachable store throws
 * DomainError "unavailable"). A full store throws DomainError "resource_exhausted" with reason STORAGE_FULL.
 */
export interface BlobStore extends AsyncDisposable {
  /**
   * Begins an object. Nothing is visible under the key before `commit`; a process that dies leaves nothing visible.
   * The writer must be disposed; disposing without commit cancels.
   */
  openWriter(key: string, options: WriteOptions): Promise<BlobWriter>;

  /**
   * Makes committed objects survive power failure: they and their folders are on stable storage on return. Idempotent.
   * Once it has thrown, the bytes of these keys can't be relied on: they must be stored again under other keys.
   *
   * Returns the keys whose bytes must be looked at before they are relied on: what an earlier process wrote and did not
   * flush may have lost bytes in a power failure.
   */
  flush(keys: readonly string[]): Promise<readonly string[]>;

  /**
   * Streams an object, or `lengthBytes` from `offsetBytes` on; both must lie inside the object. Throws
   * ObjectNotFoundError. The stream fails if the object is shorter than promised: truncation is never silent.
   */
  read(key: string, range?: ReadRange): Promise<ReadableStream<Uint8Array>>;

  /** Opens an object for reading pieces of it, more than once. Throws ObjectNotFoundError. The reader must be disposed. */
  openReader(key: string): Promise<BlobReader>;

  /**
   * The bytes of a range, in an array that is the caller's, for what fits into memory: one that `newArray` made with
   * just this size, if the store can fill one. Throws ObjectNotFoundError, or ObjectTruncatedError when the object ends before the
   * range does.
   */
  readBytes(key: string, range: ReadRange, newArray?: NewArray): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Makes the bytes an object: openWriter, write and commit in one, without a copy where the store needs none. The array
   * must not change meanwhile. `sha256` is theirs, in hexadecimal digits. When it fails nothing is visible, as far as the
   * store can be reached.
   */
  writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void>;

  /** Size of an object, or undefined when there is none. */
  stat(key: string): Promise<ObjectStat | undefined>;

  /** Removes an object; one that is not there is no error. */
  delete(key: string): Promise<void>;

  /** All committed objects whose key begins with the prefix, in any order. */
  list(prefix: string): AsyncIterable<ListedObject>;

  /**
   * Throws when the store can't be written to or read from; for readiness. Where every write costs something, it may only
   * look.
   */
  check(): Promise<void>;
}

/** Makes an array of so many bytes; what is in it does not matter. */
export type NewArray = (sizeBytes: number) => Uint8Array<ArrayBuffer>;

export interface WriteOptions {
  /** Exact size in bytes; commit fails when another number of bytes was written. */
  readonly sizeBytes: number;
  /**
   * SHA-256 of the bytes that will be written, in hexadecimal digits, if the caller checks it before `commit`. A store
   * that checks what arrives there need not take it once more.
   */
  readonly sha256?: string | undefined;
}

/** Takes the bytes of one object in order. Not to be used by two callers at once. */
export interface BlobWriter extends AsyncDisposable {
  /** Appends bytes; the array may be reused once the promise is settled. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the object readable, whole and at once. Not yet durable: see flush. */
  commit(): Promise<void>;
  /** Forgets what was written. After commit it does nothing. */
  cancel(): Promise<void>;
}

/** Reads pieces of one object. Calls may overlap. */
export interface BlobReader extends AsyncDisposable {
  readonly sizeBytes: number;
  /** Fills the array with the object's bytes from the offset on; throws ObjectTruncatedError when there are too few. */
  read(into: Uint8Array, offsetBytes: number): Promise<void>;
}

export interface ReadRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface ObjectStat {
  readonly sizeBytes: number;
}

export interface ListedObject extends ObjectStat {
  readonly key: string;
  /** Microseconds since 1970, UTC. */
  readonly modifiedAt: number;
}

/** There is no object with this key. */
export class ObjectNotFoundError extends Error {
  override readonly name = "ObjectNotFoundError";
  readonly key: string;

  constructor(key: string, options?: ErrorOptions) {
    super(`no object ${key}`, options);
    this.key = key;
  }
}

/** The object ends before the bytes that were asked for. */
export class ObjectTruncatedError extends Error {
  override readonly name = "ObjectTruncatedError";
  readonly key: string;

  constructor(key: string, options?: ErrorOptions) {
    super(`object ${key} is shorter than it should be`, options);
    this.key = key;
  }
}
