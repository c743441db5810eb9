/**
 * What is stored. All entities are plain data; times are microseconds since 1970 (UTC), sizes are bytes, steps are
 * 64-bit whole numbers, digests are 64 lower-case hexadecimal digits. An absent text is "".
 */
export type ObjectKind = "namespace" | "experiment" | "checkpoint" | "model" | "version" | "artifact";

/** The kinds that carry labels, metrics and events. */
export type LabelledKind = Exclude<ObjectKind, "artifact">;

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type Labels = Readonly<Record<string, JsonValue>>;

/** A double (NaN and the infinities included), text or bytes. */
export type MetricValue = number | string | Uint8Array;

/** What every object that can be changed has. */
export interface Versioned {
  /** UUIDv7; never changes. */
  readonly id: string;
  /** 1 at creation, one more with every update; the wire's etag. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** SHA-256 (hex) over the canonical fields of the create call, to tell a repeated create from a clash. */
  readonly fingerprint: string;
}

export interface Namespace extends Versioned {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** How many bytes its stored files may have; null for as many as there is room for. */
  readonly quotaBytes: number | null;
}

export interface Experiment extends Versioned {
  readonly namespaceId: string;
  readonly name: string;
  readonly owner: string;
  /** Unique in the namespace unless "". */
  readonly externalId: string;
  readonly framework: string;
  readonly description: string;
  /** Id of the last committed checkpoint, or "". */
  readonly latestCheckpointId: string;
}

export interface Checkpoint extends Versioned {
  readonly namespaceId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly step: bigint;
  readonly epoch: bigint | undefined;
}

export interface Model extends Versioned {
  readonly namespaceId: string;
  readonly name: string;
  readonly owner: string;
  readonly task: string;
  readonly description: string;
  /** The version that was created last, or "". */
  readonly latestVersion: string;
  /** The highest whole number that a version ever had, deleted ones included: a number is not given out twice. */
  readonly lastNumber: number;
}

export interface ModelVersion extends Versioned {
  readonly namespaceId: string;
  readonly modelId: string;
  readonly version: string;
  /** A title. */
  readonly name: string;
  readonly description: string;
  readonly framework: string;
  /** Id, or "". */
  readonly checkpointId: string;
  /** Id, or "". */
  readonly experimentId: string;
}

/** That a version carried a unique tag for a time. */
export interface TagAssignment {
  readonly id: string;
  readonly namespaceId: string;
  readonly modelId: string;
  readonly tag: string;
  readonly versionId: string;
  readonly version: string;
  readonly actor: string;
  readonly setAt: number;
  /** Undefined while the version still carries the tag. */
  readonly unsetAt: number | undefined;
}

/** Name of the artifact that is committed with a checkpoint or version. */
export const DEFAULT_ARTIFACT = "default";

export interface Artifact {
  readonly id: string;
  readonly namespaceId: string;
  readonly objectKind: ObjectKind;
  readonly objectId: string;
  readonly name: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  readonly createdAt: number;
  /** SHA-256 (hex) over the files' paths, sizes and chunks, to tell a repeated commit from a clash. */
  readonly fingerprint: string;
}

/** Where the check of a whole file's digest stands. */
export type DigestState = "verified" | "pending" | "mismatch" | "unchecked";

export interface StoredFile {
  readonly id: string;
  readonly namespaceId: string;
  readonly artifactId: string;
  readonly path: string;
  /** -1 when a tracked file's size is not known. */
  readonly sizeBytes: number;
  /** Verified digest (or, for a tracked file, the claimed one), or "". */
  readonly sha256: string;
  /** What the client said the digest is, or "". */
  readonly claimedSha256: string;
  readonly digestState: DigestState;
  /** Outside address of a tracked file, or "". */
  readonly uri: string;
}

/** A piece of a file, in order of offset. */
export interface FileChunk {
  readonly digest: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** How a chunk's bytes are kept: docs/storage-layout.md. */
export type ChunkEncoding = "raw" | "zstd" | "grouped-zstd" | "delta-grouped-zstd";

/** `stored`: readable. `condemned`: being collected; find says missing. `quarantined`: its bytes failed their digest. */
export type ChunkState = "stored" | "condemned" | "quarantined";

/** Where the bytes of a digest are. One row per digest. */
export interface Chunk {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Part of the object key; a new one for every time the digest is stored anew. */
  readonly generation: string;
  readonly objectKey: string;
  /** Where it begins in the object; not 0 in packs. */
  readonly objectOffset: number;
  /** How many bytes of the object it takes; differs from sizeBytes when encoded. */
  readonly storedBytes: number;
  readonly encoding: ChunkEncoding;
  /** Digest of the chunk that it is stored as a difference to, or "". */
  readonly baseDigest: string;
  /** 0 without base; the base's depth plus one otherwise. */
  readonly chainDepth: number;
  readonly state: ChunkState;
  /** True once its object was flushed to stable storage. */
  readonly durable: boolean;
  readonly createdAt: number;
  /** Id of the pack that its object is, or "". */
  readonly packId: string;
  /** Id of the namespace that it was uploaded into first, for reports; "" when that is not known. */
  readonly namespaceId: string;
}

/** An object that no row names any more. It goes once nobody can be reading it. */
export interface DoomedObject {
  readonly objectKey: string;
  readonly sizeBytes: number;
  readonly doomedAt: number;
}

/** Work in the background that one server at a time does. */
export interface Job {
  readonly name: string;
  /** Who does it, or "" while nobody does. */
  readonly holder: string;
  /** Until when the holder has it; others may take it over after that. */
  readonly heldUntil: number;
  /** Where it goes on, in its own words; "" at the beginning. */
  readonly position: string;
  /** When it began at the beginning. */
  readonly startedAt: number;
  /** When it was last done to the end; 0 before. */
  readonly finishedAt: number;
  /** What that found: JSON, or "". */
  readonly result: string;
}

/** An object that has many small chunks. */
export interface Pack {
  readonly id: string;
  readonly objectKey: string;
  /** Of the object: with what comes before the chunks. */
  readonly sizeBytes: number;
  readonly createdAt: number;
}

export interface MetricPoint {
  readonly key: string;
  readonly step: bigint;
  readonly wallTime: number;
  readonly value: MetricValue;
}

export interface Event {
  readonly id: string;
  readonly namespaceId: string;
  readonly objectKind: LabelledKind;
  readonly objectId: string;
  readonly name: string;
  readonly source: string;
  readonly time: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** Nodes are `kind:id` for objects, and `dataset:`, `worker_run:`, `deployment:` and a name or URI for what is outside. */
export interface LineageEdge {
  readonly namespaceId: string;
  readonly source: string;
  readonly target: string;
  readonly relation: string;
  readonly createdAt: number;
}

export type LeaseKind = "upload" | "restore" | "run";

export interface Lease {
  readonly id: string;
  readonly kind: LeaseKind;
  readonly objectKind: ObjectKind;
  readonly objectId: string;
  readonly namespaceId: string;
  readonly holder: string;
  /** Grows with every run lease of an object; 0 for the other kinds. */
  readonly fencingNumber: number;
  /** The highest fencing number before it with which anything was written; 0 when nothing was. */
  readonly previousWriter: number;
  /** Something was written with it. */
  readonly hasWritten: boolean;
  readonly ttlMs: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When it was released or taken over; undefined while it was not. */
  readonly endedAt: number | undefined;
  /** Of an upload: how many bytes it may commit; 0 when that is not known, and for the other kinds. */
  readonly reservedBytes: number;
}

/** A bearer token, without its text: of that only the digest is kept. */
export interface Token {
  readonly id: string;
  /** Who uses it: the actor of what it changes. Several tokens may have one name, so that one can replace another. */
  readonly name: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly digest: string;
  readonly createdAt: number;
  /** Undefined: it never expires. */
  readonly expiresAt: number | undefined;
  /** Undefined while it is not revoked. */
  readonly revokedAt: number | undefined;
  /** Roughly, see service/tokens/check.ts; undefined when it was never used. */
  readonly lastUsedAt: number | undefined;
}
