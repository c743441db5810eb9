import type { Artifact, StoredFile } from "../../domain/entities.ts";
import { failedPrecondition, type DomainError } from "../../domain/errors.ts";
import type { MetadataReader, MetadataStore } from "../../domain/metadata-store.ts";
import { objectPaths } from "../views/paths.ts";
import type { ChunkRow } from "./storage.ts";

/** Files that one chunk is named with, and chunks that are looked up; the rest is counted. */
const MAX_FILES_PER_CHUNK = 10;
const MAX_CHUNKS = 100;
const MAX_NAMED_FILES = 10;

/** A chunk whose bytes are damaged or missing, and files that need it. */
export interface DamagedChunk {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly objectKey: string;
  /** For example `version:langtech/lid@3 model.safetensors`; empty when no file has it. */
  readonly files: readonly string[];
}

/** What is lost with damaged chunks. */
export async function describeDamaged(
  metadata: MetadataStore,
  chunks: readonly ChunkRow[],
): Promise<readonly DamagedChunk[]> {
  const described: DamagedChunk[] = [];
  for (const { digest, sizeBytes, objectKey } of chunks.slice(0, MAX_CHUNKS))
    described.push({ sha256: digest, sizeBytes, objectKey, files: await filesOf(metadata, digest) });
  return described;
}

/** Says which files are affected, and what can be done. */
export function damagedError(damaged: readonly DamagedChunk[], total: number): DomainError {
  const files = [...new Set(damaged.flatMap((one) => one.files))];
  const named = files.slice(0, MAX_NAMED_FILES).join(", ");
  const more = files.length > MAX_NAMED_FILES ? ` and ${files.length - MAX_NAMED_FILES} more` : "";
  const where = files.length === 0 ? "no file needs them" : `these files need them: ${named}${more}`;
  return failedPrecondition(
    "CHUNKS_DAMAGED",
    `The bytes of ${total} ${total === 1 ? "chunk" : "chunks"} are damaged or missing in the source; ${where}. Put back ` +
      `${damaged
        .slice(0, MAX_NAMED_FILES)
        .map((one) => one.objectKey)
        .join(", ")} and run it again, or go on without them by --skip-damaged.`,
    { chunks: damaged.map((one) => one.sha256).join(",") },
  );
}

/** Files that need a chunk, some of them if there are many: `version:langtech/lid@3 model.safetensors`. */
export async function filesOf(metadata: MetadataStore, digest: string): Promise<readonly string[]> {
  return await metadata.read(async (tx) => {
    const uses = await tx.artifacts.usesOf(digest, MAX_FILES_PER_CHUNK);
    const objects = uses.map(({ artifact }) => ({ kind: artifact.objectKind, id: artifact.objectId }));
    const paths = await objectPaths(tx, objects);
    return uses.map(({ artifact, path }) => fileName(artifact, paths.get(artifact.objectId)?.path, path));
  });
}

/** How people see a file: `version:langtech/lid@3 model.safetensors`. */
export async function filePath(
  tx: MetadataReader,
  { artifactId, path }: Pick<StoredFile, "artifactId" | "path">,
): Promise<string> {
  const artifact = await tx.artifacts.get(artifactId);
  if (artifact === undefined) return path;
  const paths = await objectPaths(tx, [{ kind: artifact.objectKind, id: artifact.objectId }]);
  return fileName(artifact, paths.get(artifact.objectId)?.path, path);
}

function fileName(artifact: Artifact, objectPath: string | undefined, path: string): string {
  return `${artifact.objectKind}:${objectPath ?? artifact.objectId} ${path}`;
}
