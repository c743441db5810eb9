import { createHash, createHmac } from "node:crypto";
import type { S3Credentials } from "./options.ts";

/** What a signed address lets its holder do. */
export interface PresignOptions {
  readonly method: "PUT" | "GET";
  /** Without a query. */
  readonly url: URL;
  /** Sent with the request exactly so, or the store refuses it; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresInSeconds: number;
  readonly region: string;
  readonly credentials: S3Credentials;
  readonly now: Date;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * An address with a signature (version 4) in its query. Unlike the minio client's it signs headers, and so what the
 * bytes must be: a header with their digest that can't be left out.
 */
export function presign(options: PresignOptions): string {
  const { method, url, credentials, region, now } = options;
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const headers = Object.entries({ ...options.headers, host: url.host }).toSorted(byName);
  const signedHeaders = headers.map(([name]) => name).join(";");
  const query = Object.entries({
    "X-Amz-Algorithm": ALGORITHM,
    "X-Amz-Credential": `${credentials.accessKey}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(options.expiresInSeconds),
    ...(credentials.sessionToken === undefined ? {} : { "X-Amz-Security-Token": credentials.sessionToken }),
    "X-Amz-SignedHeaders": signedHeaders,
  })
    .toSorted(byName)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join("&");
  const request = [
    method,
    url.pathname,
    query,
    ...headers.map(([name, value]) => `${name}:${value.trim()}`),
    "",
    signedHeaders,
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const text = [ALGORITHM, time, scope, sha256(request)].join("\n");
  const key = scope.split("/").reduce<Buffer>(hmac, Buffer.from(`AWS4${credentials.secretKey}`));
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${hmac(key, text).toString("hex")}`;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** As RFC 3986 says, which leaves less as it is than encodeURIComponent does. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
