import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createFilesystemBlobStore, createS3BlobStore } from "../../src/blob/index.ts";
import type { BlobStore } from "../../src/domain/blob-store.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import {
  createLibsqlMetadataStore,
  createRemoteMetadataStore,
  type DatabaseSettings,
} from "../../src/metadata/index.ts";
import { sharedDatabaseServer, type DatabaseKind } from "../support/database-servers.ts";
import type { S3Server } from "../support/s3-server.ts";

/** A place for an installation that a test may open more than once. */
export interface TestStorage extends AsyncDisposable {
  open(copyFrom?: string): Promise<OpenStorage>;
  /** Lines of a server's configuration. */
  readonly toml: string;
}

export interface OpenStorage extends AsyncDisposable {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
}

/** An empty place: a database of a kind, and a folder below `folder` or a bucket. */
export async function aStorage(
  folder: string,
  kind: "sqlite" | DatabaseKind,
  s3?: S3Server,
): Promise<TestStorage> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "data/metadata.db");
  const server = kind === "sqlite" ? undefined : await sharedDatabaseServer(kind);
  const settings = await server?.newDatabase();
  const bucket = s3?.makeBucket();
  return {
    async open(copyFrom) {
      const metadata =
        settings === undefined || kind === "sqlite"
          ? await createLibsqlMetadataStore({ path, copyFrom })
          : await createRemoteMetadataStore({ kind, settings, copyFrom });
      const blobs =
        s3 === undefined || bucket === undefined
          ? await createFilesystemBlobStore({ baseDir: join(folder, "blobs") })
          : await openBucket(s3, bucket);
      return {
        metadata,
        blobs,
        async [Symbol.asyncDispose]() {
          await metadata[Symbol.asyncDispose]();
          await blobs[Symbol.asyncDispose]();
        },
      };
    },
    toml: [
      ...(s3 === undefined || bucket === undefined ? [] : ['blob_storage = "s3"']),
      ...(settings === undefined ? [] : [`metadata_storage = "${kind}"`]),
      'listen_addr = "127.0.0.1:0"',
      'grpc_listen_addr = "127.0.0.1:0"',
      "[metadata_storage_integrated]",
      `path = "${path}"`,
      "[blob_storage_filesystem]",
      `base_dir = "${join(folder, "blobs")}"`,
      ...(settings === undefined ? [] : databaseToml(kind, settings)),
      ...(s3 === undefined || bucket === undefined ? [] : bucketToml(s3, bucket)),
      "",
    ].join("\n"),
    async [Symbol.asyncDispose]() {
      if (settings !== undefined) await server?.dropDatabase(settings.dbname);
    },
  };
}

function openBucket(
  { endpoint, region, accessKey, secretKey }: S3Server,
  bucket: string,
): Promise<BlobStore> {
  return createS3BlobStore({
    endpoint,
    region,
    bucket,
    prefix: "models",
    pathStyle: true,
    credentials: { accessKey, secretKey },
    caFile: "",
    serverSideEncryption: "",
    kmsKeyId: "",
    partSizeBytes: 16 * 1024 * 1024,
  });
}

function databaseToml(kind: string, { port, dbname, username, password }: DatabaseSettings): string[] {
  return [
    `[metadata_storage_${kind}]`,
    `port = ${port}`,
    `dbname = "${dbname}"`,
    `username = "${username}"`,
    `password = "${password}"`,
    "pool_size = 4",
  ];
}

function bucketToml({ endpoint, region, accessKey, secretKey }: S3Server, bucket: string): string[] {
  return [
    "[blob_storage_s3]",
    `endpoint = "${endpoint}"`,
    `region = "${region}"`,
    `bucket = "${bucket}"`,
    'prefix = "models"',
    `access_key = "${accessKey}"`,
    `secret_key = "${secretKey}"`,
  ];
}
