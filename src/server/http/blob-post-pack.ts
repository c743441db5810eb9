import { MAX_PACK_BYTES } from "../../domain/limits.ts";
import { postPack } from "../../service/blobs/post-pack.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { wholeBody } from "./blob-body.ts";
import { blobFailure } from "./blob-errors.ts";
import { checkPutHeaders } from "./blob-put-headers.ts";
import { bodyLength, leaseOf } from "./blob-put-chunk.ts";
import type { HttpRoute } from "./route.ts";

/** `POST /v1/packs`: many small chunks of an upload, in the form of domain/pack-format.ts. 200 when all are stored. */
export function postPackRoute(transfers: Transfers): HttpRoute {
  return {
    name: "PostPack",
    method: "POST",
    pattern: "/v1/packs",
    upload: true,
    quiet: true,
    failure: blobFailure,
    async handle(call) {
      const { headers } = call.request;
      checkPutHeaders(headers);
      const leaseId = leaseOf(headers);
      const sizeBytes = bodyLength(headers, MAX_PACK_BYTES, "A pack");
      const pack = { leaseId, sizeBytes, whole: () => wholeBody(call, transfers.buffers, sizeBytes) };
      return Response.json(await postPack(transfers, call.caller, pack));
    },
  };
}
