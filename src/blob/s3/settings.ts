import { SettingError } from "../setting-error.ts";
import { codeOf, problemOf, type Problem } from "./errors.ts";
import type { ObjectNames } from "./object-names.ts";
import type { S3BlobStoreOptions } from "./options.ts";
import { S3Reader } from "./reader.ts";
import type { S3Requests } from "./requests.ts";

/** Writes an object, reads it back, lists and removes it. */
export async function probeWrite(requests: S3Requests, names: ObjectNames): Promise<void> {
  const name = names.check();
  const bytes = new TextEncoder().encode(name);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  await requests.put(name, bytes, sha256);
  try {
    await using reader = await S3Reader.open(requests, name, name);
    await reader.read(new Uint8Array(bytes.byteLength), 0);
    // Goes another way, for example through a proxy that the environment names.
    await requests.getBytes(name, { begin: 0, end: bytes.byteLength });
    await requests.list(name, "");
  } finally {
    await requests.delete(name);
  }
}

/** What to set, or do, about a failure at the start; what is no failure of the store stays what it is. */
export function settingError(error: unknown, options: S3BlobStoreOptions): unknown {
  if (error instanceof SettingError) return error;
  const cause = error instanceof Error && error.name === "DomainError" ? error.cause : error;
  const { setting, message } = REMEDIES[problemOf(cause)](options);
  return new SettingError(setting, `${message} (${detailOf(cause)})`, { cause: error });
}

/** The names of options as people write them. */
type SettingName = "endpoint" | "region" | "bucket" | "access_key" | "ca_file";

type Remedy = (options: S3BlobStoreOptions) => { readonly setting: SettingName; readonly message: string };

const unknownAnswer: Remedy = ({ endpoint }) => ({
  setting: "endpoint",
  message: `${endpoint} does not answer as S3 does; check the address, and whether something stands in between`,
});

const REMEDIES: Readonly<Record<Problem, Remedy>> = {
  absent: unknownAnswer,
  absent_upload: unknownAnswer,
  outside: unknownAnswer,
  other: unknownAnswer,
  bucket: ({ bucket, endpoint }) => ({
    setting: "bucket",
    message: `${endpoint} has no bucket "${bucket}"; create it, or set another one`,
  }),
  credentials: ({ endpoint, credentials }) => ({
    setting: "access_key",
    message:
      credentials === undefined
        ? `${endpoint} needs keys: set access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role`
        : `${endpoint} refuses the keys; check access_key and secret_key`,
  }),
  forbidden: ({ bucket }) => ({
    setting: "access_key",
    message: `the keys may not do everything in the bucket "${bucket}" that is needed; allow s3:ListBucket on it, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects`,
  }),
  clock: ({ endpoint }) => ({
    setting: "endpoint",
    message: `the clocks of ${endpoint} and of this machine, where it is ${new Date().toISOString()}, differ too much; set them by NTP`,
  }),
  region: ({ bucket, region }) => ({
    setting: "region",
    message: `the bucket "${bucket}" is not in the region "${region}"; set the one that it is in`,
  }),
  certificate: ({ endpoint }) => ({
    setting: "ca_file",
    message: `the certificate of ${endpoint} is not trusted; set ca_file to the certificate (PEM) of whoever issued it`,
  }),
  full: ({ bucket }) => ({
    setting: "bucket",
    message: `the bucket "${bucket}" is full; free space, or raise its quota`,
  }),
  busy: ({ endpoint }) => ({
    setting: "endpoint",
    message: `${endpoint} is overloaded, or out of order; start again later`,
  }),
  unreachable: ({ endpoint }) => ({
    setting: "endpoint",
    message: `${endpoint} can't be reached; check the address, the network, and whether the store runs`,
  }),
};

/** What the store or the system said, for whoever knows it better. */
function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  return code === "" || message.includes(code) ? message : `${code}: ${message}`;
}
