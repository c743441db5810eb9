import { InvalidInputError } from "./errors.ts";

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const PORT = /:\d+$/;
/** Where a server listens when nobody says otherwise; used for an address without scheme and port. */
const DEFAULT_PORT = 8085;

/**
 * The base URL, without a slash at the end, of `host:port`, `host` (port 8085), `http://host:port` or `https://host`.
 * A path stays: a reverse proxy may serve ModelBox below one.
 */
export function parseServerAddress(address: string): string {
  const trimmed = address.trim();
  const complete = SCHEME.test(trimmed) ? trimmed : `http://${withPort(trimmed)}`;
  const url = URL.parse(complete);
  if (url === null || url.hostname === "") throw wrongAddress(address, "it is no address");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw wrongAddress(address, "only http:// and https:// are served");
  }
  if (url.username !== "" || url.password !== "") throw wrongAddress(address, "it must not hold credentials");
  if (url.search !== "" || url.hash !== "") throw wrongAddress(address, "it must not have ? or #");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function withPort(address: string): string {
  return PORT.test(address) || address.includes("/") ? address : `${address}:${DEFAULT_PORT}`;
}

function wrongAddress(address: string, why: string): InvalidInputError {
  return new InvalidInputError(
    `The server address "${address}" can't be used: ${why}. Write it as http://127.0.0.1:${DEFAULT_PORT}.`,
  );
}
