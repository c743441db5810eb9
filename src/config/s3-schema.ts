import { z } from "zod";
import { choice, flag, integer, optionalPath, origin, secret, text, textLike } from "./fields.ts";
import type { Secret } from "./secret.ts";

/** Sizes that S3 takes for a part, and that a server has memory for. */
const MIN_PART_MIB = 5;
const MAX_PART_MIB = 64;

/** The section blob_storage_s3. */
export function s3Schema() {
  return z.object({
    endpoint: origin("", "https://s3.amazonaws.com"),
    region: textLike("", "us-east-1", /^[A-Za-z0-9-]{1,64}$/, "the name of a region"),
    bucket: textLike(
      "It must exist.",
      "modelbox",
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "the name of a bucket: 3 to 63 of a-z, 0-9, dot and dash",
    ),
    prefix: textLike(
      "What the names of all objects begin with, for a bucket that has others too.",
      "",
      /^(?:[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*)?\/?$/,
      'words of letters, digits, "_", "." and "-", with "/" between them',
    ),
    path_style: flag(
      "Whether the bucket stands in the path of addresses, as most stores but Amazon's want it, or in the host name.",
      true,
    ),
    access_key: secret(
      "Or access_key_file. Without keys those of the environment are used (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,\nAWS_SESSION_TOKEN), else those of the role of the machine, container or service account.",
    ),
    secret_key: secret("Or secret_key_file."),
    ca_file: optionalPath("A file of certificates (PEM) to trust besides the usual ones."),
    server_side_encryption: choice(
      'How the store encrypts what it keeps: "AES256", "aws:kms", or "" for what the bucket says.',
      "",
      ["", "AES256", "aws:kms"],
    ),
    kms_key_id: text('For "aws:kms"; "" for the store\'s own key.', ""),
    part_size_mib: integer(
      "Objects that are larger are sent in parts of this size. Chunks of files have 8 MiB at most.",
      16,
      MIN_PART_MIB,
      MAX_PART_MIB,
    ),
  });
}

/** What the section's values say together. */
interface S3Values {
  readonly accessKey: Secret;
  readonly secretKey: Secret;
  readonly serverSideEncryption: string;
  readonly kmsKeyId: string;
}

/** What is wrong with values that are fine each for itself. */
export function s3Problems(values: S3Values | undefined): readonly string[] {
  if (values === undefined) return [];
  const problems: string[] = [];
  const { accessKey, secretKey, serverSideEncryption, kmsKeyId } = values;
  if ((accessKey.reveal() === "") !== (secretKey.reveal() === "")) {
    problems.push(
      "blob_storage_s3.access_key and blob_storage_s3.secret_key belong together; set both, or none.",
    );
  }
  if (kmsKeyId !== "" && serverSideEncryption !== "aws:kms") {
    problems.push('blob_storage_s3.kms_key_id needs blob_storage_s3.server_side_encryption = "aws:kms".');
  }
  return problems;
}
