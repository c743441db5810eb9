import { ConnectError } from "@connectrpc/connect";
import { codeFromHttpStatus, errorFromJson } from "@connectrpc/connect/protocol-connect";
import { ServerError } from "./errors.ts";
import type { HttpClient } from "./http-client.ts";
import { isTransient } from "./retry.ts";
import { toClientError } from "./rpc/error-mapping.ts";

/** Longest body of an error that is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** What an answer of a blob route that is no success means. Reads its body, which has the JSON form of a Connect error. */
export async function blobError(
  http: HttpClient,
  address: string,
  response: Response,
  what: string,
): Promise<Error> {
  const fallback = new ConnectError(
    `HTTP ${response.status}`,
    codeFromHttpStatus(response.status),
    response.headers,
  );
  const body = await readText(http, response);
  const facts = { method: what, signal: undefined, timeoutMs: undefined, requestId: "" };
  return toClientError(parse(body, response.headers, fallback), http, facts, address);
}

/**
 * Blob routes can be asked twice without harm, so a server that failed is worth another try, and so is a chunk that was
 * collected just then.
 */
export function isWorthAnotherTry(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (!(error instanceof ServerError)) return false;
  return error.kind === "internal" || error.kind === "unknown" || error.reason === "CHUNK_GONE";
}

/** Whether the server wants a chunk by its digest, for which it needs less memory. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof ServerError && error.reason === "NO_ROOM";
}

function parse(body: string, headers: Headers, fallback: ConnectError): ConnectError {
  try {
    return errorFromJson(JSON.parse(body), headers, fallback);
  } catch {
    return fallback;
  }
}

async function readText(http: HttpClient, response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of http.body(response)) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).toString();
}
