import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { startS3Server, type S3Server } from "../../test/support/s3-server.ts";
import { inBucket } from "../../test/support/storage-environment.ts";
import { downloadVersion, prepareModel, uploadVersion, waitUntilVerified } from "../blobs/transfer.ts";
import { SkippedError, type Bench, type BenchContext, type Figure, type Sample } from "../harness/bench.ts";
import { assertSameBytes, clear, settle, writeRandomFile } from "../harness/files.ts";
import { freeBytes } from "../harness/machine.ts";
import { startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { interleave, sampleOf, type Contestant } from "../harness/statistics.ts";
import { minioClient } from "../peers/minio-client.ts";

const fileBytes = 1024 ** 3;
const smokeFileBytes = 16 * 1024 ** 2;
/** The file, and the copies that exist at the same time at most. */
const copies = 5;
const rounds = 5;
const ratioAtLeast = 0.8;
const aimMegabytes = 150;

/** What the server took while a file went through it. */
interface Peaks {
  readonly upload: number[];
  readonly download: number[];
}

/** One large file up and down, with the bytes in a bucket. */
export const s3: Bench = {
  name: "s3",
  title: "upload and download of one file of 1 GiB of random bytes, kept in S3",
  async run(context) {
    const sizeBytes = context.smoke ? smokeFileBytes : fileBytes;
    if (freeBytes(context.folder) < copies * sizeBytes)
      throw new SkippedError(`needs ${(copies * sizeBytes) / 1e9} GB in ${context.folder}; choose --folder`);
    const path = join(context.folder, "model.bin");
    await writeRandomFile(path, sizeBytes);
    await using store = await startStore(context);
    const times = context.smoke ? 1 : rounds;
    const peaks: Peaks = { upload: [], download: [] };
    const up = await interleave(times, uploads(context, store, path, peaks), context.log);
    await using download = await downloads(context, store, path, peaks);
    const down = await interleave(times, download.contestants, context.log);
    return {
      figures: [
        speed("upload", up, sizeBytes),
        speed("download", down, sizeBytes),
        memory("server's peak, uploads", peaks.upload),
        memory("server's peak, downloads", peaks.download),
      ],
      notes: [
        "The store is the Versity gateway over a folder of the same disk; everything shares the processors. The minio client is a whole process that runs fPutObject or fGetObject, with its defaults.",
        "Through ModelBox every byte crosses the loopback interface twice, and its SHA-256 is checked by the client, the server and the store; the minio client takes an MD5 and a SHA-256 of what it sends, and checks nothing of what it fetches.",
        "The server's peak is the highest resident set that the kernel saw (VmHWM), in millions of bytes.",
      ],
    };
  },
};

async function startStore(context: BenchContext): Promise<S3Server> {
  try {
    return await startS3Server({ folder: context.folder });
  } catch (error) {
    if (Bun.which("go") !== null) throw error;
    throw new SkippedError(error instanceof Error ? error.message : String(error));
  }
}

/** Every run begins with an empty bucket. */
function uploads(context: BenchContext, store: S3Server, path: string, peaks: Peaks): readonly Contestant[] {
  const intoBucket = (name: string, measure: (bucket: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const bucket = store.makeBucket();
      try {
        return await measure(bucket);
      } finally {
        await clear(store.folderOf(bucket), context.folder);
      }
    },
  });
  return [
    intoBucket("modelbox client", async (bucket) => {
      const folder = join(context.folder, "upload");
      try {
        await using server = await startModelBox(context, folder, inBucket(store, bucket));
        await prepareModel(context, server);
        const durationMs = await uploadVersion(context, server, path);
        peaks.upload.push(server.memory().peak / 1e6);
        return durationMs;
      } finally {
        await clear(folder, context.folder);
      }
    }),
    intoBucket("minio client", (bucket) => minioClient(store, "put", bucket, path)),
  ];
}

/** The file is stored by both; every run writes to a new folder. */
async function downloads(
  context: BenchContext,
  store: S3Server,
  path: string,
  peaks: Peaks,
): Promise<AsyncDisposable & { readonly contestants: readonly Contestant[] }> {
  await using stack = new AsyncDisposableStack();
  const [ours, theirs] = [store.makeBucket(), store.makeBucket()];
  const start = (): Promise<ModelBoxServer> =>
    startModelBox(context, join(context.folder, "stored"), inBucket(store, ours));
  {
    await using server = await start();
    await prepareModel(context, server);
    await uploadVersion(context, server, path);
    await waitUntilVerified(server, basename(path));
  }
  // Another process, whose memory tells of downloads alone.
  const server = stack.use(await start());
  await minioClient(store, "put", theirs, path);
  await settle(context.folder);
  const intoFolder = (name: string, measure: (folder: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const folder = join(context.folder, "download");
      await mkdir(folder);
      try {
        const durationMs = await measure(folder);
        await assertSameBytes(path, join(folder, basename(path)));
        return durationMs;
      } finally {
        await clear(folder, context.folder);
      }
    },
  });
  const contestants = [
    intoFolder("modelbox client", async (folder) => {
      const durationMs = await downloadVersion(context, server, folder);
      peaks.download.push(server.memory().peak / 1e6);
      return durationMs;
    }),
    intoFolder("minio client", (folder) => minioClient(store, "get", theirs, join(folder, basename(path)))),
  ];
  const running = stack.move();
  return { contestants, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function speed(name: string, times: ReadonlyMap<string, Sample>, sizeBytes: number): Figure {
  const of = (contestant: string): Sample =>
    sampleOf(times, contestant).map((ms) => sizeBytes / 1e6 / (ms / 1e3));
  return {
    name: `${name}, modelbox client`,
    unit: "MB/s",
    ours: of("modelbox client"),
    peer: { name: "minio client", sample: of("minio client") },
    aim: { of: "ratio", bound: "at least", limit: ratioAtLeast },
  };
}

function memory(name: string, peaks: Sample): Figure {
  return { name, unit: "MB", ours: peaks, aim: { of: "value", bound: "at most", limit: aimMegabytes } };
}
