import { invalid } from "../../domain/errors.ts";
import { isDigest, isId } from "../../domain/ids.ts";
import { MAX_CHUNK_BYTES } from "../../domain/limits.ts";
import { digestMismatch } from "../../service/blobs/body-errors.ts";
import { putChunk } from "../../service/blobs/put-chunk.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { requestBody, wholeBody } from "./blob-body.ts";
import { blobFailure, lengthRequired, tooLarge } from "./blob-errors.ts";
import { checkPutHeaders } from "./blob-put-headers.ts";
import type { HttpRoute } from "./route.ts";

const LEASE_HEADER = "ModelBox-Lease";

/** `PUT /v1/chunks/{sha256}`: one chunk of an upload. 201 when it was stored, 200 when it was there. */
export function putChunkRoute(transfers: Transfers): HttpRoute {
  return {
    name: "PutChunk",
    method: "PUT",
    pattern: "/v1/chunks/:sha256",
    upload: true,
    quiet: true,
    failure: blobFailure,
    async handle(call) {
      const digest = call.params["sha256"] ?? "";
      if (!isDigest(digest)) throw invalid("sha256", "must be 64 lower-case hexadecimal digits");
      const announced = checkPutHeaders(call.request.headers);
      if (announced !== undefined && announced !== digest) throw digestMismatch(digest, announced);
      const leaseId = leaseOf(call.request.headers);
      const sizeBytes = chunkLength(call.request.headers);
      const whole = () => wholeBody(call, transfers.buffers, sizeBytes);
      const chunk = { digest, sizeBytes, leaseId, body: requestBody(call), whole };
      const { exists } = await putChunk(transfers, call.caller, chunk);
      return new Response(null, { status: exists ? 200 : 201 });
    },
  };
}

/** The size that a request with a chunk announces. */
export function chunkLength(headers: Headers): number {
  return bodyLength(headers, MAX_CHUNK_BYTES, "A chunk");
}

/** The size that a request announces for its body, which may have at most `limitBytes`. */
export function bodyLength(headers: Headers, limitBytes: number, what: string): number {
  const text = headers.get("Content-Length");
  if (text === null) throw lengthRequired();
  const sizeBytes = /^\d{1,15}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (sizeBytes > limitBytes) throw tooLarge(limitBytes, what);
  if (sizeBytes === 0) throw invalid("Content-Length", "must be at least 1: there are no empty chunks");
  return sizeBytes;
}

/** The lease that the bytes of an upload are sent under. */
export function leaseOf(headers: Headers): string {
  const leaseId = headers.get(LEASE_HEADER) ?? "";
  if (isId(leaseId)) return leaseId;
  throw invalid(LEASE_HEADER, "must be a header with the id of the lease of BeginUpload");
}
