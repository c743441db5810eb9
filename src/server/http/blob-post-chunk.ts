import { invalid } from "../../domain/errors.ts";
import { postChunk } from "../../service/blobs/post-chunk.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { wholeBody } from "./blob-body.ts";
import { blobFailure } from "./blob-errors.ts";
import { checkPutHeaders } from "./blob-put-headers.ts";
import { chunkLength, leaseOf } from "./blob-put-chunk.ts";
import type { HttpRoute } from "./route.ts";

export const XXH3_HEADER = "ModelBox-XXH3";

/** `POST /v1/chunks`: one chunk of an upload, whose SHA-256 is in the answer. 201 when it was stored, 200 when it was there. */
export function postChunkRoute(transfers: Transfers): HttpRoute {
  return {
    name: "PostChunk",
    method: "POST",
    pattern: "/v1/chunks",
    upload: true,
    quiet: true,
    failure: blobFailure,
    async handle(call) {
      const { headers } = call.request;
      checkPutHeaders(headers);
      const leaseId = leaseOf(headers);
      const sizeBytes = chunkLength(headers);
      const chunk = {
        leaseId,
        sizeBytes,
        xxh3: xxh3Of(headers.get(XXH3_HEADER)),
        whole: () => wholeBody(call, transfers.buffers, sizeBytes),
      };
      const { digest, exists } = await postChunk(transfers, call.caller, chunk);
      const body = `${JSON.stringify({ sha256: digest, exists })}\n`;
      const type = { "Content-Type": "application/json", "Content-Length": String(body.length) };
      return new Response(body, { status: exists ? 200 : 201, headers: type });
    },
  };
}

function xxh3Of(text: string | null): bigint | undefined {
  if (text === null) return undefined;
  if (!/^[0-9a-f]{16}$/.test(text))
    throw invalid(XXH3_HEADER, "must be the XXH3 of the body, 64 bits with seed 0, as 16 hexadecimal digits");
  return BigInt(`0x${text}`);
}
