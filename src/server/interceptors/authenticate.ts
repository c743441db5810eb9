import { DomainError, invalid } from "../../domain/errors.ts";
import type { Caller } from "../../service/context.ts";
import type { RouteAccess } from "../access-table.ts";
import { MAX_ACTOR_LENGTH } from "../limits.ts";

/** Says who calls, in changes and in the log, where there are no tokens. */
export const ACTOR_HEADER = "ModelBox-Actor";

const PRINTABLE = /^[\u0020-\u007e]+$/;
const BEARER = /^Bearer +(\S+) *$/i;

const anonymous: Caller = { actor: "anonymous", readable: "all", writable: "all" };

/** Makes the caller from the head of a request; throws DomainError. */
export type Authenticate = (headers: Headers) => Caller | Promise<Caller>;

/** Everybody who reaches the server may read and write all, and the actor is what the client says it is. */
export const withoutTokens: Authenticate = (headers) => {
  const actor = headers.get(ACTOR_HEADER)?.trim();
  if (actor === undefined) return anonymous;
  if (actor.length > MAX_ACTOR_LENGTH || !PRINTABLE.test(actor)) {
    throw invalid(ACTOR_HEADER, `must be 1 to ${MAX_ACTOR_LENGTH} printable ASCII characters.`);
  }
  return { ...anonymous, actor };
};

/** Whoever has a token may read and write all, under the token's name. */
export function withTokens(check: (token: string) => Promise<Caller>): Authenticate {
  return (headers) => {
    const token = BEARER.exec(headers.get("Authorization") ?? "")?.[1];
    if (token === undefined) throw tokenMissing();
    return check(token);
  };
}

/** Who calls, or why the call is refused. */
export type Identity = { readonly caller: Caller } | { readonly refusal: unknown };

/** Asks who calls, unless everybody may: a probe of health has no token. Never throws. */
export async function identify(
  authenticate: Authenticate,
  headers: Headers,
  access: RouteAccess | undefined,
): Promise<Identity> {
  if (access?.access === "public") return { caller: anonymous };
  try {
    return { caller: await authenticate(headers) };
  } catch (refusal) {
    return { refusal };
  }
}

/** The caller, or throws why there is none. */
export function callerFrom(identity: Identity): Caller {
  if ("refusal" in identity) throw identity.refusal;
  return identity.caller;
}

function tokenMissing(): DomainError {
  return new DomainError(
    "unauthenticated",
    "TOKEN_MISSING",
    "This server wants a token: set MODELBOX_TOKEN, or `token` in the client's file (elsewhere the header `Authorization: Bearer …`).",
  );
}
