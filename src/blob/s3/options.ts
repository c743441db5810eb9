import type { StoreRetry } from "./retry.ts";

/** Where objects are kept. */
export interface S3BlobStoreOptions {
  /** Scheme, host and port, for example `https://s3.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What the names of all objects begin with; "" for nothing. */
  readonly prefix: string;
  /** The bucket stands in the path, not in the host name. Amazon's own hosts always get it in the name. */
  readonly pathStyle: boolean;
  /** Default: those of the environment, else of the machine's role. */
  readonly credentials?: S3Credentials | undefined;
  /** A file of certificates (PEM) to trust besides the usual ones; "" for none. */
  readonly caFile: string;
  /** How the store encrypts what it keeps; "" leaves that to the bucket. */
  readonly serverSideEncryption: "" | "AES256" | "aws:kms";
  /** Key for "aws:kms"; "" for the store's own. */
  readonly kmsKeyId: string;
  /** Larger objects are sent in parts of this size; S3 takes none below 5 MiB, the last one aside. */
  readonly partSizeBytes: number;
  /** True for whoever only reads: then nothing is tried out that needs more rights. */
  readonly isBeside?: boolean;
  /** Bytes of memory for objects that are being written. Default: DEFAULT_BUFFER_BYTES. */
  readonly bufferBytes?: number;
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: what production needs. */
  readonly patience?: Patience;
  /** Told of every attempt that is followed by another. Default: nobody is. */
  readonly onRetry?: ((retry: StoreRetry) => void) | undefined;
}

export interface S3Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** With temporary keys. */
  readonly sessionToken?: string | undefined;
}

/** How long the driver waits, and how often it tries; tests have less time. */
export interface Patience {
  /** From the begin of a request to the head of its answer, besides the time that its own bytes need. */
  readonly answerMs: number;
  /** Between two pieces of an answer. */
  readonly stallMs: number;
  readonly maxAttempts: number;
  /** After the first failure; doubles with each, less a random part. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** No attempt begins later than this after the first. */
  readonly maxTotalMs: number;
}

export const DEFAULT_BUFFER_BYTES = 32 * 1024 * 1024;

export const DEFAULT_PATIENCE: Patience = {
  answerMs: 30_000,
  stallMs: 30_000,
  maxAttempts: 7,
  firstDelayMs: 100,
  maxDelayMs: 5_000,
  maxTotalMs: 60_000,
};
