/** Bytes of a chunk that a client puts to the store itself, under its upload's lease. */
export interface StagedChunk {
  readonly leaseId: string;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
}

/** Where to put bytes. Whoever has it may put them: it is as secret as a token, for as long as it lives. */
export interface UploadAddress {
  readonly url: string;
  /** To be sent with the bytes, exactly so. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Port: clients move the bytes of objects to and from the store of a BlobStore themselves. What they put lies apart from
 * its objects until it is accepted, so that an address that is used once more can't reach what is committed. Throws what
 * BlobStore throws.
 */
export interface DirectTransfer {
  /** An address that takes exactly these bytes: the store refuses others, and any other number of them. */
  uploadAddress(chunk: StagedChunk, sizeBytes: number, lifeSeconds: number): Promise<UploadAddress>;

  /** An address to read an object from. */
  downloadAddress(key: string, lifeSeconds: number): Promise<string>;

  /** Size of the bytes that were put, which are the digest's; undefined when there are none. */
  stagedSize(chunk: StagedChunk): Promise<number | undefined>;

  /** Makes what was put an object, on stable storage. Throws ObjectNotFoundError when nothing was. */
  accept(chunk: StagedChunk, key: string): Promise<void>;

  /** Removes what was put, if it is there. */
  discard(chunk: StagedChunk): Promise<void>;

  /** Removes what was put longer ago than this; returns how many. Ends early when the signal is aborted. */
  discardOlder(ageMs: number, signal?: AbortSignal): Promise<number>;
}
