import { newId } from "../domain/ids.ts";

export const REQUEST_ID_HEADER = "X-Request-Id";

const ACCEPTED = /^[A-Za-z0-9._:+/=-]{1,128}$/;

/** The client's request id when it is one that may stand in a log line, else a new one. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && ACCEPTED.test(given) ? given : newId();
}
