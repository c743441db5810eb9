import { invalid } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { MAX_READ_FILES } from "../../domain/limits.ts";
import { findSmallFiles, readSmallFiles } from "../../service/blobs/read-files.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { wholeBody } from "./blob-body.ts";
import { blobFailure } from "./blob-errors.ts";
import { sendPieces } from "./blob-get-file.ts";
import { bodyLength } from "./blob-put-chunk.ts";
import type { HttpRoute } from "./route.ts";

/** The ids of the most files fit. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** `POST /v1/files/read`: the bytes of many small files, one after the other. */
export function getFilesRoute(transfers: Transfers): HttpRoute {
  return {
    name: "GetFiles",
    method: "POST",
    pattern: "/v1/files/read",
    quiet: true,
    failure: blobFailure,
    async handle(call) {
      const sizeBytes = bodyLength(call.request.headers, MAX_REQUEST_BYTES, "A list of files");
      const ids = idsOf(await wholeBody(call, transfers.buffers, sizeBytes));
      const found = await findSmallFiles(transfers.context, call.caller, ids);
      const headers = new Headers({
        "Cache-Control": "private, no-cache",
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
      });
      return sendPieces(readSmallFiles(transfers, found), found.sizeBytes, call.signal, headers);
    },
  };
}

function idsOf(body: Uint8Array): readonly string[] {
  const { files } = parse(body);
  if (!Array.isArray(files) || files.length < 1 || files.length > MAX_READ_FILES)
    throw invalid("files", `must be a list of 1 to ${MAX_READ_FILES} ids of files`);
  const isFileId = (one: unknown): one is string => typeof one === "string" && isId(one);
  if (!files.every(isFileId)) throw invalid("files", "must have ids of files, as ListFiles shows them");
  return files;
}

function parse(body: Uint8Array): { readonly files?: unknown } {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    throw invalid("body", 'must be JSON of the form {"files": ["<id>", …]}');
  }
}
