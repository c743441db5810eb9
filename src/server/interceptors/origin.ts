import { DomainError } from "../../domain/errors.ts";

/**
 * Refuses what a web page of somebody else sends through its reader's browser, which can reach a server that the page
 * itself can't. Browsers name the page's origin in every call that could change something or be read. While the server
 * is for this machine only (`localOnly`), a page whose name was made to point here after it was loaded is refused too.
 */
export function checkOrigin(headers: Headers, localOnly: boolean): void {
  const origin = headers.get("Origin");
  if (origin === null) return;
  const page = URL.parse(origin);
  const sameOrigin = page !== null && page.host === headers.get("Host");
  if (sameOrigin && (!localOnly || isLocal(page.hostname))) return;
  throw new DomainError(
    "permission_denied",
    "FOREIGN_ORIGIN",
    "Calls from web pages of other origins are refused; call from a page of this server, or from a program.",
  );
}

function isLocal(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
