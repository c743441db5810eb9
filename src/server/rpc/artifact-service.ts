import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { DEFAULT_ARTIFACT } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import { isDigest } from "../../domain/ids.ts";
import {
  DEFAULT_UPLOAD_TTL_MS,
  MAX_CHUNK_BYTES,
  MAX_DIRECT_CHUNKS,
  MAX_FIND_CHUNKS,
  MAX_TRACKED_FILES,
} from "../../domain/limits.ts";
import { filePathProblem, nameProblem } from "../../domain/names.ts";
import {
  AcceptChunksRequestSchema,
  BeginUploadRequestSchema,
  CommitArtifactRequestSchema,
  DeleteArtifactRequestSchema,
  FindMissingChunksRequestSchema,
  GetArtifactRequestSchema,
  ListArtifactsRequestSchema,
  ListDirectChunksRequestSchema,
  ListFileChunksRequestSchema,
  ListFilesRequestSchema,
  TrackArtifactRequestSchema,
  type ArtifactService,
} from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { commitArtifact } from "../../service/artifacts/commit.ts";
import { deleteArtifact } from "../../service/artifacts/delete.ts";
import { listFileChunks, listFiles } from "../../service/artifacts/files.ts";
import { getArtifact } from "../../service/artifacts/get.ts";
import { listArtifacts } from "../../service/artifacts/list.ts";
import { acceptChunks } from "../../service/blobs/accept-chunks.ts";
import { beginUpload } from "../../service/blobs/begin-upload.ts";
import { directChunks, directUploads } from "../../service/blobs/direct-addresses.ts";
import { findMissingChunks } from "../../service/blobs/find-missing-chunks.ts";
import { trackArtifact } from "../../service/blobs/track-artifact.ts";
import { uriProblem } from "../../service/uri.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { DIGEST_PROBLEM, fileSet, optionalDigestProblem } from "./decode/files.ts";
import { count, leaseTtl } from "./decode/numbers.ts";
import { listFields, pageFields } from "./decode/paging.ts";
import { namespace, object, optional } from "./decode/references.ts";
import { checked, holder, id, requestId } from "./decode/text.ts";
import { encodeArtifact } from "./encode/objects.ts";
import { encodeDirectChunk, encodeDirectUpload, encodeFile, encodeLease } from "./encode/records.ts";

const name = checked((text) =>
  text === DEFAULT_ARTIFACT
    ? `'${DEFAULT_ARTIFACT}' is reserved for the files that are committed with a checkpoint or version`
    : nameProblem(text),
);
const CHUNK_SIZE_PROBLEM = `must be from 1 to ${MAX_CHUNK_BYTES}`;
const beginRequest = z.object({ namespace, holder, sizeBytes: count, ttl: leaseTtl, requestId });
const chunk = z
  .object({
    sha256: checked((text) => (isDigest(text) ? undefined : DIGEST_PROBLEM)),
    sizeBytes: count.pipe(z.number().min(1, CHUNK_SIZE_PROBLEM).max(MAX_CHUNK_BYTES, CHUNK_SIZE_PROBLEM)),
  })
  .transform(({ sha256, sizeBytes }) => ({ digest: sha256, sizeBytes }));
const chunks = z.array(chunk).max(MAX_FIND_CHUNKS, `must have at most ${MAX_FIND_CHUNKS} chunks`);
const findRequest = z.object({ leaseId: id, chunks, direct: z.boolean() });
const acceptRequest = z.object({
  leaseId: id,
  chunks: z
    .array(chunk)
    .min(1, "must have at least one chunk")
    .max(MAX_DIRECT_CHUNKS, `must have at most ${MAX_DIRECT_CHUNKS} chunks`),
});
const listDirectRequest = z.object({
  file: id,
  offsetBytes: count,
  lengthBytes: count.pipe(z.number().min(1, "must be at least 1")),
});
const commitRequest = z.object({ object, name, files: fileSet, requestId });
const trackedFile = z.object({
  path: checked(filePathProblem),
  uri: checked(uriProblem),
  sizeBytes: count.optional().transform((size): number | undefined => size),
  sha256: checked(optionalDigestProblem),
});
const trackedFiles = z
  .array(trackedFile)
  .min(1, "must have at least one file")
  .max(MAX_TRACKED_FILES, `must have at most ${MAX_TRACKED_FILES} files`);
const trackRequest = z.object({ object, name, files: trackedFiles, requestId });
const artifactRequest = z.object({ artifact: id });
const listRequest = z.object({ object, ...listFields });
const pathPrefix = checked((text) => (text === "" ? undefined : filePathProblem(text.replace(/\/$/, ""))));
const listFilesRequest = z.object({
  artifact: optional(id),
  object: optional(object),
  pathPrefix,
  ...pageFields,
});
const listChunksRequest = z.object({ file: id, ...pageFields });
const deleteRequest = z.object({ artifact: id, requestId });

export function artifactService({ service, xxh3Of }: RpcApp): ServiceImpl<typeof ArtifactService> {
  return {
    async beginUpload(request, context) {
      const { ttl, ...input } = decode(beginRequest, request, BeginUploadRequestSchema);
      const ttlMs = ttl ?? DEFAULT_UPLOAD_TTL_MS;
      return { lease: encodeLease(await beginUpload(service, callerOf(context), { ...input, ttlMs })) };
    },
    async findMissingChunks(request, context) {
      const { direct, ...input } = decode(findRequest, request, FindMissingChunksRequestSchema);
      const caller = callerOf(context);
      const missing = await findMissingChunks(service, caller, input);
      const uploads = direct ? await directUploads(service, caller, input, missing) : [];
      return { missing: [...missing], uploads: uploads.map(encodeDirectUpload) };
    },
    async acceptChunks(request, context) {
      const input = decode(acceptRequest, request, AcceptChunksRequestSchema);
      return { missing: [...(await acceptChunks(service, callerOf(context), input))] };
    },
    async commitArtifact(request, context) {
      const { files, ...input } = decode(commitRequest, request, CommitArtifactRequestSchema);
      if (files === undefined || files.files.length === 0)
        throw invalid("files", "must name at least one file");
      const committed = await commitArtifact(service, callerOf(context), { ...input, files });
      return { artifact: encodeArtifact(committed.artifact), exists: committed.exists };
    },
    async trackArtifact(request, context) {
      const input = decode(trackRequest, request, TrackArtifactRequestSchema);
      const tracked = await trackArtifact(service, callerOf(context), input);
      return { artifact: encodeArtifact(tracked.artifact), exists: tracked.exists };
    },
    async getArtifact(request, context) {
      const { artifact } = decode(artifactRequest, request, GetArtifactRequestSchema);
      return { artifact: encodeArtifact(await getArtifact(service, callerOf(context), artifact)) };
    },
    async listArtifacts(request, context) {
      const input = decode(listRequest, request, ListArtifactsRequestSchema);
      const { items, ...page } = await listArtifacts(service, callerOf(context), input);
      return { artifacts: items.map(encodeArtifact), ...page };
    },
    async listFiles(request, context) {
      const { artifact, object: named, ...input } = decode(listFilesRequest, request, ListFilesRequestSchema);
      if ((artifact === undefined) === (named === undefined)) {
        throw invalid("artifact", "set exactly one of artifact and object");
      }
      const wanted = named ?? { kind: "artifact" as const, reference: artifact ?? "" };
      const page = await listFiles(service, callerOf(context), {
        ...input,
        pathPrefix: input.pathPrefix.replace(/\/$/, ""),
        object: wanted,
      });
      return { files: page.files.map(encodeFile), nextPageToken: page.nextPageToken };
    },
    async listFileChunks(request, context) {
      const input = decode(listChunksRequest, request, ListFileChunksRequestSchema);
      const page = await listFileChunks(service, callerOf(context), input);
      return {
        chunks: page.chunks.map(({ digest, sizeBytes }) => ({
          sha256: digest,
          sizeBytes: BigInt(sizeBytes),
        })),
        offsetBytes: BigInt(page.offsetBytes),
        nextPageToken: page.nextPageToken,
        xxh3: page.chunks.map(({ digest }) => xxh3Of(digest) ?? 0n),
      };
    },
    async listDirectChunks(request, context) {
      const input = decode(listDirectRequest, request, ListDirectChunksRequestSchema);
      const chunks = await directChunks(service, callerOf(context), input);
      return { chunks: chunks.map(encodeDirectChunk) };
    },
    async deleteArtifact(request, context) {
      const input = decode(deleteRequest, request, DeleteArtifactRequestSchema);
      return { artifact: encodeArtifact(await deleteArtifact(service, callerOf(context), input)) };
    },
  };
}
