import { join } from "node:path";
import type { DatabaseKind } from "./database-servers.ts";
import { startS3Server, type S3Server } from "./s3-server.ts";
import { startServer, temporaryFolder, type TestServer } from "./server.ts";
import { aDatabase, inBucket, onDatabase } from "./storage-environment.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { serverTokensWith } from "./tokens.ts";

/** A database and a bucket that several servers share, and the servers. Disposing ends all of them. */
export interface Deployment extends AsyncDisposable {
  /** For whatever files a test has. */
  readonly folder: string;
  readonly s3: S3Server;
  readonly bucket: string;
  /** Between the servers and the bucket. */
  readonly s3Proxy: TcpProxy;
  /** Starts a server; `tls` is what it takes to ask it. */
  start(env: Record<string, string>, tls?: Bun.TLSOptions): Promise<TestServer>;
  /** Makes a token that all servers take. */
  makeToken(name: string): Promise<string>;
}

/** `env` is what all servers have besides. */
export async function openDeployment(
  kind: DatabaseKind,
  env: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(temporaryFolder());
  const database = opened.use(await aDatabase(kind));
  const s3 = opened.use(await startS3Server());
  const s3Proxy = opened.use(await startTcpProxy(s3));
  const bucket = s3.makeBucket();
  const shared = {
    ...onDatabase(kind, database.settings),
    ...inBucket(s3, bucket, `http://${s3Proxy.host}:${s3Proxy.port}`),
    ...env,
  };
  const all = opened.move();
  let count = 0;
  return {
    folder: folder.path,
    s3,
    bucket,
    s3Proxy,
    async start(own, tls) {
      count += 1;
      return all.use(await startServer(join(folder.path, `server-${count}`), { ...shared, ...own }, tls));
    },
    async makeToken(name) {
      const made = await serverTokensWith<{ text: string }>(shared, folder.path, "create", "--name", name);
      return made.text;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
