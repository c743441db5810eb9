/** Moves one file with the minio client, as somebody would who has nothing else. */
import { basename } from "node:path";
import { Client } from "minio";
import type { MinioOrder } from "./minio-client.ts";

const order = JSON.parse(process.argv[2] ?? "") as MinioOrder;
const { host, port, region, accessKey, secretKey, direction, bucket, path } = order;
const client = new Client({ endPoint: host, port, useSSL: false, region, accessKey, secretKey });
if (direction === "put") await client.fPutObject(bucket, basename(path), path);
else await client.fGetObject(bucket, basename(path), path);
