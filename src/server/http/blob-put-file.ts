import { create, toJson, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { invalid } from "../../domain/errors.ts";
import { ArtifactSchema, FileSchema, FileSpecSchema } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { putFile } from "../../service/blobs/put-file.ts";
import { storeFile } from "../../service/blobs/store-file.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { encodeArtifact } from "../rpc/encode/objects.ts";
import { encodeFile } from "../rpc/encode/records.ts";
import { requestBody } from "./blob-body.ts";
import { blobFailure } from "./blob-errors.ts";
import { checkPutHeaders, contentLength } from "./blob-put-headers.ts";
import { BlobQuery } from "./blob-query.ts";
import type { HttpCall, HttpRoute } from "./route.ts";

/**
 * `PUT /v1/files`: a plain body, cut by the server. With `object`, `artifact` and `path` it becomes an artifact of that
 * one file: 201, or 200 when the same was there. With `lease` and `path` its chunks are stored, and the answer is the
 * file to name in a later commit.
 */
export function putFileRoute(transfers: Transfers): HttpRoute {
  return {
    name: "PutFile",
    method: "PUT",
    pattern: "/v1/files",
    upload: true,
    failure: blobFailure,
    async handle(call) {
      const query = new BlobQuery(call.url, ["object", "artifact", "path", "lease"]);
      const expectedDigest = checkPutHeaders(call.request.headers);
      if (!query.has("lease")) return commit(transfers, call, query, expectedDigest);
      if (query.has("object") || query.has("artifact")) {
        throw invalid("query", "set either lease, or object and artifact, beside path");
      }
      return stage(transfers, call, query, expectedDigest);
    },
  };
}

async function commit(
  transfers: Transfers,
  call: HttpCall,
  query: BlobQuery,
  expectedDigest: string | undefined,
): Promise<Response> {
  const { artifact, file, exists } = await putFile(transfers, call.caller, {
    object: query.object(),
    artifact: query.artifact(),
    path: query.path(),
    holder: `PUT /v1/files ${call.requestId}`,
    expectedDigest,
    sizeBytes: contentLength(call.request.headers),
    body: requestBody(call),
  });
  return json(
    {
      artifact: asJson(ArtifactSchema, encodeArtifact(artifact)),
      file: asJson(FileSchema, encodeFile(file)),
      exists,
    },
    exists ? 200 : 201,
  );
}

async function stage(
  transfers: Transfers,
  call: HttpCall,
  query: BlobQuery,
  expectedDigest: string | undefined,
): Promise<Response> {
  const input = { leaseId: query.lease(), path: query.path(), expectedDigest, body: requestBody(call) };
  const { path, sizeBytes, sha256, chunks } = await storeFile(transfers, call.caller, input);
  const spec = {
    path,
    sizeBytes: BigInt(sizeBytes),
    sha256,
    chunks: chunks.map((chunk) => ({ sha256: chunk.digest, sizeBytes: BigInt(chunk.sizeBytes) })),
  };
  return json({ file: asJson(FileSpecSchema, spec) }, 201);
}

/** The JSON form that the RPCs have too. */
function asJson<M extends DescMessage>(schema: M, message: MessageInitShape<M>): unknown {
  return toJson(schema, create(schema, message), { alwaysEmitImplicit: true });
}

function json(value: unknown, status: number): Response {
  const body = `${JSON.stringify(value)}\n`;
  const headers = { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) };
  return new Response(body, { status, headers });
}
