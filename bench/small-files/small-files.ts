import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { downloadVersion, prepareModel, uploadVersion } from "../blobs/transfer.ts";
import {
  SkippedError,
  type Bench,
  type BenchContext,
  type Figure,
  type Report,
  type Sample,
} from "../harness/bench.ts";
import { clear, settle, warmMemory } from "../harness/files.ts";
import { freeBytes } from "../harness/machine.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { interleave, sampleOf, type Contestant } from "../harness/statistics.ts";
import { writeSmallFiles } from "./write-small-files.ts";

const fileCount = 83_000;
const smokeFileCount = 300;
const rounds = 3;
/** With the folder, what is stored of it, and a copy at the same time at most. */
const neededBytes = 3e9;
const uploadAim = { of: "ratio", bound: "at most", limit: 3 } as const;

/** What the runs of ModelBox found besides their time. */
interface Found {
  readonly serverPeak: number[];
  readonly serverProcessor: number[];
}

/** A folder of very many small files, as one version. */
export const smallFiles: Bench = {
  name: "small-files",
  title: `upload and download of ${fileCount.toLocaleString("en")} files of 100 bytes to 32 KiB as one version`,
  async run(context): Promise<Report> {
    if (!context.smoke && freeBytes(context.folder) < neededBytes)
      throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
    const source = join(context.folder, "source");
    const sizeBytes = writeSmallFiles(source, context.smoke ? smokeFileCount : fileCount);
    context.log(`${(sizeBytes / 1e6).toFixed(0)} MB in small files`);
    const times = context.smoke ? 1 : rounds;
    const found: Found = { serverPeak: [], serverProcessor: [] };
    const up = await interleave(times, uploads(context, source, sizeBytes, found), context.log);
    const down = await downloads(context, source, sizeBytes, times);
    return {
      figures: [
        figure("upload", up, "tar", uploadAim),
        figure("upload", up, "tar, sync"),
        figure("download", down, "tar -x"),
        { name: "server's processor time, upload", unit: "ms", ours: found.serverProcessor },
        { name: "server's peak, upload", unit: "MB", ours: found.serverPeak },
      ],
      notes: [
        "Whole processes, the files in the page cache before. ModelBox acknowledges an upload when its bytes are flushed; tar leaves its archive in the page cache, and `tar, sync` flushes it. Nobody flushes what is downloaded or unpacked.",
        "Client and server share the processors. The server's highest resident set is VmHWM of /proc/<pid>/status, the mapped parts of the executable among it.",
      ],
    };
  },
};

function uploads(
  context: BenchContext,
  source: string,
  sizeBytes: number,
  found: Found,
): readonly Contestant[] {
  const inFolder = (name: string, measure: (folder: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const folder = join(context.folder, "upload");
      await mkdir(folder);
      try {
        await warmMemory(context.folder, 2 * sizeBytes);
        return await measure(folder);
      } finally {
        await clear(folder, context.folder);
      }
    },
  });
  const tar = async (folder: string) =>
    (await run(["tar", "-cf", join(folder, "copy.tar"), "-C", source, "."])).durationMs;
  return [
    inFolder("modelbox client", async (folder) => {
      await using server = await startModelBox(context, folder);
      await prepareModel(context, server);
      const before = server.processorMs();
      const durationMs = await uploadVersion(context, server, source);
      found.serverProcessor.push(server.processorMs() - before);
      found.serverPeak.push(server.memory().peak / 1e6);
      return durationMs;
    }),
    inFolder("tar", tar),
    inFolder("tar, sync", async (folder) => {
      const durationMs = await tar(folder);
      return durationMs + (await run(["sync", join(folder, "copy.tar")])).durationMs;
    }),
  ];
}

async function downloads(
  context: BenchContext,
  source: string,
  sizeBytes: number,
  times: number,
): Promise<ReadonlyMap<string, Sample>> {
  const folder = join(context.folder, "download");
  await mkdir(folder);
  const archive = join(folder, "copy.tar");
  await run(["tar", "-cf", archive, "-C", source, "."]);
  await using server = await startModelBox(context, join(folder, "server"));
  await prepareModel(context, server);
  await uploadVersion(context, server, source);
  await settle(context.folder);
  const into = (name: string, fetch: (target: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const target = join(folder, "target");
      await mkdir(target);
      try {
        await warmMemory(context.folder, 2 * sizeBytes);
        const durationMs = await fetch(target);
        await run(["diff", "-r", source, target]);
        return durationMs;
      } finally {
        await clear(target, context.folder);
      }
    },
  });
  const contestants = [
    into("modelbox client", (target) => downloadVersion(context, server, target)),
    into("tar -x", async (target) => (await run(["tar", "-xf", archive, "-C", target])).durationMs),
  ];
  return await interleave(times, contestants, context.log);
}

function figure(what: string, times: ReadonlyMap<string, Sample>, peer: string, aim?: Figure["aim"]): Figure {
  return {
    name: `${what}, modelbox client`,
    unit: "ms",
    ours: sampleOf(times, "modelbox client"),
    peer: { name: peer, sample: sampleOf(times, peer) },
    ...(aim && { aim }),
  };
}
