import { fileURLToPath } from "node:url";
import type { S3Server } from "../../test/support/s3-server.ts";
import { run } from "../harness/processes.ts";

const program = fileURLToPath(import.meta.resolve("./minio-client-program.ts"));

/** Sends the file as an object of its name, or fetches it, with the minio client in a process of its own; returns what it took. */
export async function minioClient(
  { host, port, region, accessKey, secretKey }: S3Server,
  direction: "put" | "get",
  bucket: string,
  path: string,
): Promise<number> {
  const order: MinioOrder = { host, port, region, accessKey, secretKey, direction, bucket, path };
  const { durationMs } = await run([process.execPath, program, JSON.stringify(order)]);
  return durationMs;
}

/** What the program is asked to do. */
export interface MinioOrder {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly direction: "put" | "get";
  readonly bucket: string;
  readonly path: string;
}
