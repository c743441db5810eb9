import type { ServerConfig } from "./context.ts";

/** Where metadata is: a file, or the address of a database. */
export function metadataPlace(config: ServerConfig): string {
  const kind = config.metadataStorage;
  const section = kind === "mysql" ? config.metadataStorageMysql : config.metadataStoragePostgres;
  if (kind === "integrated" || section === undefined) return config.metadataStorageIntegrated.path;
  return `${kind}://${section.host}:${section.port}/${section.dbname}`;
}

/** Where bytes are: a folder, or the address of a bucket. */
export function blobPlace({ blobStorage, blobStorageFilesystem, blobStorageS3 }: ServerConfig): string {
  if (blobStorage === "filesystem" || blobStorageS3 === undefined) return blobStorageFilesystem.baseDir;
  const { endpoint, bucket, prefix } = blobStorageS3;
  return [endpoint, bucket, ...(prefix === "" ? [] : [prefix])].join("/");
}

/** Where an installation keeps what it has, for people. */
export interface Places {
  readonly metadata: string;
  readonly blobs: string;
}

/** Where a configuration keeps what it has. */
export function placesOf(config: ServerConfig): Places {
  return { metadata: metadataPlace(config), blobs: blobPlace(config) };
}
