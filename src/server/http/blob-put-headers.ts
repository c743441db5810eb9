import { invalid } from "../../domain/errors.ts";
import { encodedBody, partialPut } from "./blob-errors.ts";

/** They mean the same here: a body is always the whole file, and never encoded. */
const DIGEST_HEADERS = ["Content-Digest", "Repr-Digest"] as const;
const ALGORITHM = "sha-256";
const DIGEST_BYTES = 32;
/** A member of the dictionary that RFC 9530 defines: an algorithm and bytes in base64, perhaps with parameters. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*(?:;.*)?$/;

/**
 * Refuses a body that is not the bytes to store, and returns the SHA-256 (hex) that the client gives for them, if it
 * does. Digests by other algorithms are ignored, as RFC 9530 asks.
 */
export function checkPutHeaders(headers: Headers): string | undefined {
  if (headers.has("Content-Range")) throw partialPut();
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw encodedBody(encoding);
  let digest: string | undefined;
  for (const name of DIGEST_HEADERS) {
    const given = givenDigest(name, headers.get(name));
    if (given === undefined) continue;
    if (digest !== undefined && given !== digest)
      throw invalid(name, "must have the digest that Content-Digest has: the body is the whole file");
    digest = given;
  }
  return digest;
}

/** How long a client says that its body is; 0 when it does not. */
export function contentLength(headers: Headers): number {
  const length = Number(headers.get("Content-Length") ?? 0);
  return Number.isSafeInteger(length) ? length : 0;
}

function givenDigest(name: string, header: string | null): string | undefined {
  if (header === null) return undefined;
  let digest: string | undefined;
  for (const member of header.split(",")) {
    const [, algorithm, base64 = ""] = MEMBER.exec(member.trim()) ?? [];
    if (algorithm === undefined) throw invalid(name, `must have the form ${ALGORITHM}=:base64:`);
    if (algorithm !== ALGORITHM) continue;
    const bytes = Buffer.from(base64, "base64");
    if (bytes.byteLength !== DIGEST_BYTES)
      throw invalid(name, `must have ${DIGEST_BYTES} bytes in base64 for ${ALGORITHM}`);
    digest = bytes.toString("hex");
  }
  return digest;
}
