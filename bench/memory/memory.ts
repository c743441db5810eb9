import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SkippedError, type Bench, type BenchContext, type Report } from "../harness/bench.ts";
import { clear, writeRandomFile } from "../harness/files.ts";
import { callJson } from "../harness/json-call.ts";
import { freeBytes } from "../harness/machine.ts";
import { clientEnvironment, startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";

const uploads = 4;
const fileBytes = 2 * 1024 ** 3;
const smokeFileBytes = 8 * 1024 ** 2;
const aimMegabytes = 150;

type Upload = (
  context: BenchContext,
  server: ModelBoxServer,
  path: string,
  index: number,
) => Promise<unknown>;

/** How much memory the server takes while large files come in. */
export const memory: Bench = {
  name: "memory",
  title: `memory of the server while ${uploads} files of 2 GiB come in at once`,
  async run(context): Promise<Report> {
    const sizeBytes = context.smoke ? smokeFileBytes : fileBytes;
    const needed = 2.2 * uploads * sizeBytes;
    if (freeBytes(context.folder) < needed)
      throw new SkippedError(`needs ${(needed / 1e9).toFixed(0)} GB in ${context.folder}; choose --folder`);
    const paths = Array.from({ length: uploads }, (_, index) => join(context.folder, `model-${index}.bin`));
    for (const path of paths) await writeRandomFile(path, sizeBytes);
    const byClient = await peakDuring(context, paths, clientUpload);
    const byCurl = await peakDuring(context, paths, curlUpload);
    const aim = { of: "value", bound: "at most", limit: aimMegabytes } as const;
    return {
      figures: [
        { name: `peak, ${uploads} × modelbox client`, unit: "MB", ours: [byClient.peak], aim },
        { name: `peak, ${uploads} × curl -T`, unit: "MB", ours: [byCurl.peak], aim },
        { name: "before the uploads", unit: "MB", ours: [byClient.before, byCurl.before] },
      ],
      notes: [
        "The highest resident set that the kernel saw (VmHWM of /proc/<pid>/status), in millions of bytes; the mapped parts of the executable count.",
      ],
    };
  },
};

interface Peak {
  readonly before: number;
  readonly peak: number;
}

async function peakDuring(context: BenchContext, paths: readonly string[], upload: Upload): Promise<Peak> {
  const folder = join(context.folder, "server");
  await mkdir(folder);
  try {
    await using server = await startModelBox(context, folder);
    const model = { namespace: "bench", owner: "bench", task: "bench" };
    for (const index of paths.keys())
      await callJson(server, "ModelService/CreateModel", { ...model, name: `model-${index}` });
    const before = server.memory().now;
    await Promise.all(paths.map((path, index) => upload(context, server, path, index)));
    const { peak, anonymous } = server.memory();
    context.log(
      `peak ${(peak / 1e6).toFixed(0)} MB; at the end ${(anonymous / 1e6).toFixed(0)} MB not backed by files`,
    );
    return { before: before / 1e6, peak: peak / 1e6 };
  } finally {
    await clear(folder, context.folder);
  }
}

const clientUpload: Upload = (context, server, path, index) =>
  run([context.executable, "client", "versions", "create", "--model", `bench/model-${index}`, path], {
    env: clientEnvironment(server, context.folder),
  });

const curlUpload: Upload = (_, server, path, index) =>
  run([
    "curl",
    "-sS",
    "-f",
    "-T",
    path,
    `${server.httpAddr}/v1/files?object=model:bench/model-${index}&artifact=bench&path=model.bin`,
  ]);
