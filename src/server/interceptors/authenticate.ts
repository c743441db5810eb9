import { invalid } from "../../domain/errors.ts";
import type { Caller } from "../../service/context.ts";
import { MAX_ACTOR_LENGTH } from "../limits.ts";

/** Says who calls, in changes and in the log. */
export const ACTOR_HEADER = "ModelBox-Actor";

const PRINTABLE = /^[\u0020-\u007e]+$/;

/**
 * Makes the caller from the head of a request; throws DomainError. This version knows no credentials: everybody who
 * reaches the server may read and write all, and the actor is what the client says it is.
 */
export function authenticate(headers: Headers): Caller {
  const actor = headers.get(ACTOR_HEADER)?.trim();
  if (actor !== undefined && (actor.length > MAX_ACTOR_LENGTH || !PRINTABLE.test(actor))) {
    throw invalid(ACTOR_HEADER, `must be 1 to ${MAX_ACTOR_LENGTH} printable ASCII characters.`);
  }
  return { actor: actor ?? "anonymous", readable: "all", writable: "all" };
}
