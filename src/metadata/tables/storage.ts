import type { ColumnKit } from "../kits/sqlite.ts";
import {
  MAX_FILE_PATH_BYTES,
  MAX_NAME_LENGTH,
  MAX_OWNER_LENGTH,
  MAX_URI_LENGTH,
} from "../../domain/limits.ts";
import { KIND_LENGTH } from "./lengths.ts";

/** Files and where their bytes are, and the leases that protect them. */
export function storageTables(kit: ColumnKit) {
  const { table, index, uniqueIndex, primaryKey } = kit;
  /** Files belong to a file set, and artifacts share one when one was copied from the other. */
  const artifacts = table(
    "artifacts",
    {
      id: kit.id().primaryKey(),
      namespaceId: kit.id().notNull(),
      objectKind: kit.text(KIND_LENGTH).notNull(),
      objectId: kit.id().notNull(),
      name: kit.text(MAX_NAME_LENGTH).notNull(),
      fileSetId: kit.id().notNull(),
      fileCount: kit.whole().notNull(),
      sizeBytes: kit.whole().notNull(),
      createdAt: kit.whole().notNull(),
      fingerprint: kit.text(64).notNull(),
    },
    (t) => [
      uniqueIndex("artifacts_name").on(t.objectId, t.name),
      index("artifacts_created").on(t.objectId, t.createdAt, t.id),
      index("artifacts_namespace_name").on(t.namespaceId, t.name, t.id),
      index("artifacts_namespace_created").on(t.namespaceId, t.createdAt, t.id),
      index("artifacts_file_set").on(t.fileSetId, t.id),
    ],
  );

  const files = table(
    "files",
    {
      id: kit.id().primaryKey(),
      fileSetId: kit.id().notNull(),
      namespaceId: kit.id().notNull(),
      path: kit.textOfBytes(MAX_FILE_PATH_BYTES).notNull(),
      sizeBytes: kit.whole().notNull(),
      /** Null for "". */
      sha256: kit.digest(),
      claimedSha256: kit.digest(),
      digestState: kit.text(KIND_LENGTH).notNull(),
      uri: kit.text(MAX_URI_LENGTH).notNull(),
    },
    (t) => [uniqueIndex("files_path").on(t.fileSetId, t.path)],
  );

  /** Sums over the stored files of a namespace, which its quota is compared with; no row for none. */
  const namespaceStorage = table("namespace_storage", {
    namespaceId: kit.id().primaryKey(),
    fileCount: kit.whole().notNull(),
    fileBytes: kit.whole().notNull(),
  });

  /** The files whose digest is still to be verified: a table of its own keeps the search for them short. */
  const pendingFiles = table("pending_files", { fileId: kit.id().primaryKey() });

  const fileChunks = table(
    "file_chunks",
    {
      fileId: kit.id().notNull(),
      offsetBytes: kit.whole().notNull(),
      sizeBytes: kit.whole().notNull(),
      digest: kit.digest().notNull(),
      namespaceId: kit.id().notNull(),
    },
    (t) => [
      primaryKey({ name: "file_chunks_offset", columns: [t.fileId, t.offsetBytes] }),
      index("file_chunks_digest").on(t.digest, t.namespaceId),
    ],
  );

  const chunks = table(
    "chunks",
    {
      digest: kit.digest().primaryKey(),
      sizeBytes: kit.whole().notNull(),
      generation: kit.text(64).notNull(),
      objectKey: kit.text(256).notNull(),
      objectOffset: kit.whole().notNull(),
      storedBytes: kit.whole().notNull(),
      encoding: kit.text(32).notNull(),
      /** Null for "". */
      baseDigest: kit.digest(),
      chainDepth: kit.whole().notNull(),
      state: kit.text(KIND_LENGTH).notNull(),
      durable: kit.truth().notNull(),
      createdAt: kit.whole().notNull(),
      /** Null for "". */
      packId: kit.id(),
      /** The one that it was first uploaded into. Null for "". */
      namespaceId: kit.id(),
    },
    (t) => [index("chunks_base").on(t.baseDigest), index("chunks_pack").on(t.packId)],
  );

  /** Objects that hold many chunks. */
  const packs = table("packs", {
    id: kit.id().primaryKey(),
    objectKey: kit.text(256).notNull(),
    sizeBytes: kit.whole().notNull(),
    createdAt: kit.whole().notNull(),
  });

  /** Chunks that collection found unused, until it looks at them once more. */
  const condemnedChunks = table(
    "condemned_chunks",
    {
      digest: kit.digest().primaryKey(),
      generation: kit.text(64).notNull(),
      condemnedAt: kit.whole().notNull(),
    },
    (t) => [index("condemned_chunks_at").on(t.condemnedAt, t.digest)],
  );

  /** Objects that no row names any more: they go once nobody can be reading them. */
  const doomedObjects = table(
    "doomed_objects",
    {
      objectKey: kit.text(256).primaryKey(),
      sizeBytes: kit.whole().notNull(),
      doomedAt: kit.whole().notNull(),
    },
    (t) => [index("doomed_objects_at").on(t.doomedAt, t.objectKey)],
  );

  /** Committed files whose chunks may still get a smaller form. */
  const pendingEncodings = table(
    "pending_encodings",
    { fileId: kit.id().primaryKey(), dueAt: kit.whole().notNull().default(0) },
    (t) => [index("pending_encodings_due").on(t.dueAt, t.fileId)],
  );

  /** Chunks that must get a form without their base, so that the base can go. */
  const pendingRebases = table("pending_rebases", { digest: kit.digest().primaryKey() });

  /** Sums over chunks, spread over shards so that writers seldom wait for each other. */
  const chunkTotals = table("chunk_totals", {
    shard: kit.whole().primaryKey(),
    count: kit.whole().notNull(),
    storedBytes: kit.whole().notNull(),
  });

  const chunkHolds = table(
    "chunk_holds",
    { leaseId: kit.id().notNull(), digest: kit.digest().notNull() },
    (t) => [
      primaryKey({ name: "chunk_holds_lease", columns: [t.leaseId, t.digest] }),
      index("chunk_holds_digest").on(t.digest),
    ],
  );

  const leases = table(
    "leases",
    {
      id: kit.id().primaryKey(),
      kind: kit.text(KIND_LENGTH).notNull(),
      objectKind: kit.text(KIND_LENGTH).notNull(),
      objectId: kit.id().notNull(),
      namespaceId: kit.id().notNull(),
      holder: kit.text(MAX_OWNER_LENGTH).notNull(),
      fencingNumber: kit.whole().notNull(),
      previousWriter: kit.whole().notNull().default(0),
      /** 1 once something was written with it. */
      hasWritten: kit.whole().notNull().default(0),
      ttlMs: kit.whole().notNull(),
      createdAt: kit.whole().notNull(),
      expiresAt: kit.whole().notNull(),
      endedAt: kit.whole(),
      /** Of an upload: how many bytes it may commit; 0 when that is not known. */
      reservedBytes: kit.whole().notNull().default(0),
      /** When it stopped, or will stop, to protect: the earlier of its end and its expiry. */
      goneAt: kit.whole().notNull(),
    },
    (t) => [index("leases_object").on(t.objectId, t.kind, t.goneAt), index("leases_gone").on(t.goneAt, t.id)],
  );

  /** Outlives the leases: a fencing number is never given twice. */
  const leaseFences = table("lease_fences", {
    objectId: kit.id().primaryKey(),
    lastNumber: kit.whole().notNull(),
    /** The last one with which something was written. */
    lastWriter: kit.whole().notNull().default(0),
  });

  return {
    artifacts,
    files,
    namespaceStorage,
    pendingFiles,
    fileChunks,
    chunks,
    packs,
    condemnedChunks,
    doomedObjects,
    pendingEncodings,
    pendingRebases,
    chunkTotals,
    chunkHolds,
    leases,
    leaseFences,
  };
}
