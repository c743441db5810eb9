import type { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";

/** An error in the JSON form that Connect gives it, so that there is one form for programs to know. */
export function errorResponse(error: ConnectError, status = codeToHttpStatus(error.code)): Response {
  const headers = new Headers(error.metadata);
  const body = errorToJsonBytes(error, undefined);
  headers.set("Content-Type", "application/json");
  headers.set("Content-Length", String(body.byteLength));
  return new Response(body, { status, headers });
}
