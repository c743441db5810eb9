import { z } from "zod";
import { isDigest, isId } from "../../../domain/ids.ts";
import { MAX_CHUNK_BYTES, MAX_CHUNKS_PER_COMMIT, MAX_FILES_PER_COMMIT } from "../../../domain/limits.ts";
import { filePathProblem } from "../../../domain/names.ts";
import type { ChunkSpec, FileSet, FileSpec } from "../../../gen/modelbox/v1/artifact_service_pb.ts";
import type { FileInput, FileSetInput } from "../../../service/blobs/commit.ts";

/** Problems that are looked for in one set; the answer names no more. */
const MAX_PROBLEMS = 20;

export const DIGEST_PROBLEM = "must be 64 lower-case hexadecimal digits";

/** Why a digest is wrong, or undefined when it is right or empty. */
export function optionalDigestProblem(sha256: string): string | undefined {
  return sha256 === "" || isDigest(sha256) ? undefined : DIGEST_PROBLEM;
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** The files of a commit. A plain loop: there can be a million chunks. */
export const fileSet = z
  .custom<FileSet>()
  .optional()
  .transform((set, context): FileSetInput | undefined => {
    if (set === undefined) return undefined;
    let problems = 0;
    const report: Report = (path, message) => {
      problems += 1;
      if (problems <= MAX_PROBLEMS) context.addIssue({ code: "custom", path: [...path], message });
    };
    if (set.leaseId !== "" && !isId(set.leaseId))
      report(["leaseId"], "must be the id of the lease of BeginUpload");
    if (set.files.length > MAX_FILES_PER_COMMIT) {
      report(["files"], `must have at most ${MAX_FILES_PER_COMMIT} files, has ${set.files.length}`);
      return z.NEVER;
    }
    const chunkCount = set.files.reduce((sum, file) => sum + file.chunks.length, 0);
    if (chunkCount > MAX_CHUNKS_PER_COMMIT) {
      report(["files"], `must have at most ${MAX_CHUNKS_PER_COMMIT} chunks, has ${chunkCount}`);
      return z.NEVER;
    }
    const files = set.files.map((file, index) =>
      decodeFile(file, (path, message) => report(["files", index, ...path], message)),
    );
    return { leaseId: set.leaseId, files };
  });

function decodeFile(file: FileSpec, report: Report): FileInput {
  const pathProblem = filePathProblem(file.path);
  if (pathProblem !== undefined) report(["path"], pathProblem);
  const digestProblem = optionalDigestProblem(file.sha256);
  if (digestProblem !== undefined) report(["sha256"], digestProblem);
  if (file.sizeBytes < 0n || file.sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    report(["sizeBytes"], `must be from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  const chunks = file.chunks.map((chunk, index) =>
    decodeChunk(chunk, (path, message) => report(["chunks", index, ...path], message)),
  );
  return { path: file.path, sizeBytes: Number(file.sizeBytes), sha256: file.sha256, chunks };
}

function decodeChunk({ sha256, sizeBytes }: ChunkSpec, report: Report): FileInput["chunks"][number] {
  if (!isDigest(sha256)) report(["sha256"], DIGEST_PROBLEM);
  if (sizeBytes < 1n || sizeBytes > BigInt(MAX_CHUNK_BYTES)) {
    report(["sizeBytes"], `must be from 1 to ${MAX_CHUNK_BYTES}`);
  }
  return { digest: sha256, sizeBytes: Number(sizeBytes) };
}
