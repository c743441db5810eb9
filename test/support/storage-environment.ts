import type { DatabaseSettings } from "../../src/metadata/index.ts";
import { sharedDatabaseServer, type DatabaseKind } from "./database-servers.ts";
import type { S3Server } from "./s3-server.ts";

/** What the environment of a server says to keep metadata in a database. */
export function onDatabase(kind: DatabaseKind, settings: DatabaseSettings): Record<string, string> {
  const prefix = `MODELBOX_METADATA_STORAGE_${kind.toUpperCase()}`;
  return {
    MODELBOX_METADATA_STORAGE: kind,
    [`${prefix}_PORT`]: String(settings.port),
    [`${prefix}_DBNAME`]: settings.dbname,
    [`${prefix}_PASSWORD`]: settings.password,
    [`${prefix}_POOL_SIZE`]: String(settings.poolSize),
  };
}

/** An empty database of the server that the tests share; disposing drops it. */
export async function aDatabase(
  kind: DatabaseKind,
): Promise<AsyncDisposable & { readonly settings: DatabaseSettings }> {
  const server = await sharedDatabaseServer(kind);
  const settings = { ...(await server.newDatabase()), poolSize: 4 };
  return {
    settings,
    async [Symbol.asyncDispose]() {
      await server.dropDatabase(settings.dbname);
    },
  };
}

/** What the environment of a server says to keep files in a bucket. */
export function inBucket(
  s3: Pick<S3Server, "endpoint" | "region" | "accessKey" | "secretKey">,
  bucket: string,
  endpoint = s3.endpoint,
): Record<string, string> {
  return {
    MODELBOX_BLOB_STORAGE: "s3",
    MODELBOX_BLOB_STORAGE_S3_ENDPOINT: endpoint,
    MODELBOX_BLOB_STORAGE_S3_REGION: s3.region,
    MODELBOX_BLOB_STORAGE_S3_BUCKET: bucket,
    MODELBOX_BLOB_STORAGE_S3_PREFIX: "models",
    MODELBOX_BLOB_STORAGE_S3_ACCESS_KEY: s3.accessKey,
    MODELBOX_BLOB_STORAGE_S3_SECRET_KEY: s3.secretKey,
  };
}
