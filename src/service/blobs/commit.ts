import type { Artifact, DigestState, FileChunk, Lease } from "../../domain/entities.ts";
import { failedPrecondition, invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { MAX_CHUNKS_PER_COMMIT, MAX_FILES_PER_COMMIT } from "../../domain/limits.ts";
import type { MetadataReader, NewFile } from "../../domain/metadata-store.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { Mutation } from "../mutation.ts";
import { requireRoomForStored } from "../quotas.ts";
import { makeDurable, requireHeld } from "./held-chunks.ts";
import { requireFileSet } from "./file-set.ts";
import { fingerprintFiles, type FileInput } from "./fingerprint-files.ts";
import { verifyAtOnce } from "./verify-at-once.ts";
import { findUploadLease } from "./upload-lease.ts";

export { fingerprintFiles, type FileInput } from "./fingerprint-files.ts";

/** Files to commit, uploaded under one lease. */
export interface FileSetInput {
  /** "" when no file has a chunk. */
  readonly leaseId: string;
  readonly files: readonly FileInput[];
}

/** A file that may be committed. */
interface PreparedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly claimedSha256: string;
  readonly digestState: DigestState;
  readonly chunks: readonly FileChunk[];
}

/** Files whose chunks are all on stable storage, ready to be made visible by a transaction. */
export interface PreparedFiles {
  readonly leaseId: string;
  readonly namespaceId: string;
  readonly fingerprint: string;
  readonly files: readonly PreparedFile[];
}

/**
 * Checks that the files are complete and fit together, puts their chunks on stable storage, and takes the digests of
 * small files. Runs outside of the transaction that makes the files visible, since it may take long.
 */
export async function prepareFiles(
  context: ServiceContext,
  caller: Caller,
  namespaceId: string,
  { leaseId, files }: FileSetInput,
): Promise<PreparedFiles> {
  requireLimits(files);
  requireFileSet(files);
  const chunks = files.flatMap((file) => file.chunks);
  if (leaseId !== "") {
    await context.metadata.read((tx) =>
      requireLeaseOf(tx, caller, leaseId, namespaceId, context.clock.nowMicros()),
    );
  } else if (chunks.length > 0) {
    throw invalid("files.lease_id", "must be the lease that the chunks were uploaded under");
  }
  const held = await requireHeld(context, leaseId, chunks);
  await makeDurable(context, held);
  const digests = await verifyAtOnce(context, files, held);
  const prepared = files.map((file, index) => prepareFile(file, index, digests.get(file.path)));
  return { leaseId, namespaceId, fingerprint: fingerprintFiles(files), files: prepared };
}

/**
 * Inserts the artifact with its files and ends their lease, in the caller's transaction. Undefined stands for no files:
 * the artifact is empty.
 */
export async function insertFiles(
  mutation: Mutation,
  prepared: PreparedFiles | undefined,
  owner: Pick<Artifact, "namespaceId" | "objectKind" | "objectId" | "name">,
): Promise<Artifact> {
  const { tx, caller, now } = mutation;
  const files = prepared?.files ?? [];
  const leaseId = prepared?.leaseId ?? "";
  const lease =
    leaseId === "" ? undefined : await requireLeaseOf(tx, caller, leaseId, owner.namespaceId, now);
  const artifact: Artifact = {
    ...owner,
    id: newId(),
    fileCount: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    createdAt: now,
    fingerprint: prepared?.fingerprint ?? fingerprintFiles([]),
  };
  await tx.artifacts.insert(
    artifact,
    files.map(({ chunks, ...file }): NewFile => {
      const { namespaceId, id: artifactId } = artifact;
      return { file: { ...file, id: newId(), namespaceId, artifactId, uri: "" }, chunks };
    }),
  );
  await requireRoomForStored(mutation, owner.namespaceId, artifact.sizeBytes, lease);
  if (leaseId !== "") await tx.leases.end(leaseId, now);
  return artifact;
}

async function requireLeaseOf(
  tx: MetadataReader,
  caller: Caller,
  leaseId: string,
  namespaceId: string,
  now: number,
): Promise<Lease> {
  const lease = await findUploadLease(tx, caller, leaseId, now);
  if (lease.namespaceId === namespaceId) return lease;
  throw failedPrecondition(
    "LEASE_ELSEWHERE",
    "The files were uploaded into another namespace; begin an upload in the namespace of the object.",
    { lease_id: leaseId },
  );
}

function requireLimits(files: readonly FileInput[]): void {
  if (files.length > MAX_FILES_PER_COMMIT) {
    throw invalid("files.files", `must have at most ${MAX_FILES_PER_COMMIT} files, has ${files.length}`);
  }
  const chunkCount = files.reduce((sum, file) => sum + file.chunks.length, 0);
  if (chunkCount > MAX_CHUNKS_PER_COMMIT) {
    throw invalid("files.files", `must have at most ${MAX_CHUNKS_PER_COMMIT} chunks, has ${chunkCount}`);
  }
}

/** `digest` is that of the whole file when this process knows it. */
function prepareFile(file: FileInput, index: number, digest: string | undefined): PreparedFile {
  if (digest !== undefined && file.sha256 !== "" && file.sha256 !== digest) {
    throw invalid(
      `files.files[${index}].sha256`,
      `must be ${digest}, the SHA-256 of the uploaded bytes of "${file.path}"`,
    );
  }
  let offsetBytes = 0;
  const chunks = file.chunks.map((chunk): FileChunk => {
    const piece = { ...chunk, offsetBytes };
    offsetBytes += chunk.sizeBytes;
    return piece;
  });
  return {
    path: file.path,
    sizeBytes: file.sizeBytes,
    sha256: digest ?? "",
    claimedSha256: file.sha256,
    digestState: digest === undefined ? "pending" : "verified",
    chunks,
  };
}
