import { MAX_URI_LENGTH } from "../domain/limits.ts";

/** They name no place: what they stand for is in them, or is run by whoever follows the link. */
const REFUSED_SCHEMES: ReadonlySet<string> = new Set(["javascript:", "data:", "vbscript:"]);

/** Why a text is not the address of something outside, or undefined when it is one. The server never opens it. */
export function uriProblem(uri: string): string | undefined {
  if (uri.length > MAX_URI_LENGTH) return `must have at most ${MAX_URI_LENGTH} characters, has ${uri.length}`;
  if (!uri.isWellFormed()) return "must be valid Unicode";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(uri)) return "must not contain spaces or control characters";
  if (uri.includes("\\")) return "must use '/' and not '\\'";
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri))
    return "must be absolute, with a scheme such as s3:// or https://";
  if (!URL.canParse(uri)) return "is not a valid URI";
  const { username, password, protocol } = new URL(uri);
  if (REFUSED_SCHEMES.has(protocol)) return `must say where the file is, which ${protocol} does not`;
  if (username !== "" || password !== "")
    return "must not contain credentials; store them where the reader runs";
  // The URL parser looks for credentials only after a scheme that it knows to have hosts.
  if (/^[^/?#]*:\/\/[^/?#]*@/.test(uri))
    return "must not contain credentials; store them where the reader runs";
  return undefined;
}
