import type { ReadRange } from "../../domain/blob-store.ts";
import type { StoredFile } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { findStoredFile, type FileReference } from "../../service/blobs/open-file.ts";
import { readFile } from "../../service/blobs/read-file.ts";
import type { Transfers } from "../../service/blobs/transfers.ts";
import { blobFailure, notTheSameFile, rangeNotSatisfiable } from "./blob-errors.ts";
import { etagOf, fileHeaders, listsEtag } from "./blob-headers.ts";
import { BlobQuery } from "./blob-query.ts";
import { contentRange, parseRange } from "./blob-range.ts";
import type { HttpCall, HttpRoute } from "./route.ts";

/** `GET /v1/files/{id}`, and `GET /v1/files?object=…&path=…`. HEAD answers the same without the bytes. */
export function getFileRoutes(transfers: Transfers): readonly HttpRoute[] {
  const route = { name: "GetFile", method: "GET", quiet: true, failure: blobFailure } as const;
  return [
    {
      ...route,
      pattern: "/v1/files/:id",
      handle: (call) => getFile(transfers, call, byId(call)),
    },
    {
      ...route,
      pattern: "/v1/files",
      handle: (call) => getFile(transfers, call, byPath(call)),
    },
  ];
}

function byId({ params }: HttpCall): FileReference {
  const id = params["id"] ?? "";
  if (!isId(id)) throw invalid("id", "must be the id of a file, as ListFiles shows it");
  return { type: "id", id };
}

function byPath({ url }: HttpCall): FileReference {
  const query = new BlobQuery(url, ["object", "artifact", "path"]);
  const artifact = query.has("artifact") ? query.text("artifact") : undefined;
  return { type: "path", object: query.object(), artifact, path: query.path() };
}

async function getFile(transfers: Transfers, call: HttpCall, reference: FileReference): Promise<Response> {
  const { request, caller } = call;
  const file = await findStoredFile(transfers.context, caller, reference);
  const headers = fileHeaders(file);
  const ifMatch = request.headers.get("If-Match");
  if (ifMatch !== null && !listsEtag(ifMatch, etagOf(file))) throw notTheSameFile();
  const ifNoneMatch = request.headers.get("If-None-Match");
  if (ifNoneMatch !== null && listsEtag(ifNoneMatch, etagOf(file))) {
    headers.delete("Content-Type");
    return new Response(null, { status: 304, headers });
  }
  if (request.method === "HEAD") {
    headers.set("Content-Length", String(file.sizeBytes));
    return new Response(null, { headers });
  }
  const wanted = parseRange(rangeHeader(request.headers, file), file.sizeBytes);
  if (wanted.type === "unsatisfiable") throw rangeNotSatisfiable(file.sizeBytes);
  if (wanted.type === "whole") {
    return send(transfers, call, file, { offsetBytes: 0, lengthBytes: file.sizeBytes }, headers, 200);
  }
  headers.set("Content-Range", contentRange(wanted.range, file.sizeBytes));
  return send(transfers, call, file, wanted.range, headers, 206);
}

/** A range is only heeded for the file that the client has a part of. */
function rangeHeader(headers: Headers, file: StoredFile): string | null {
  const ifRange = headers.get("If-Range");
  return ifRange === null || ifRange === etagOf(file) ? headers.get("Range") : null;
}

/** The head goes out with the first bytes only, so that what is damaged from its beginning on is no success. */
async function send(
  transfers: Transfers,
  { signal }: HttpCall,
  file: StoredFile,
  range: ReadRange,
  headers: Headers,
  status: number,
): Promise<Response> {
  return sendPieces(readFile(transfers, file, range), range.lengthBytes, signal, headers, status);
}

/** The same for any pieces: the head goes out with the first of them. */
export async function sendPieces(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
  lengthBytes: number,
  signal: AbortSignal,
  headers: Headers,
  status = 200,
): Promise<Response> {
  // A client can go away before anybody reads the stream, and then nobody cancels it.
  signal.addEventListener("abort", () => void pieces.return(), { once: true });
  const first = await pieces.next();
  headers.set("Content-Length", String(lengthBytes));
  if (first.done === true) return new Response(new Uint8Array(0), { status, headers });
  return new Response(startingWith(first.value, pieces), { status, headers });
}

function startingWith(
  first: Uint8Array<ArrayBuffer>,
  rest: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
): ReadableStream<Uint8Array> {
  let next: Uint8Array<ArrayBuffer> | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next !== undefined) {
          controller.enqueue(next);
          next = undefined;
          return;
        }
        const { done, value } = await rest.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await rest.return();
      },
    },
    { highWaterMark: 0 },
  );
}
