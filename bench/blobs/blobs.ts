import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SkippedError, type Bench, type BenchContext, type Figure, type Sample } from "../harness/bench.ts";
import { sha256, writeRandomFile } from "../harness/files.ts";
import { freeBytes } from "../harness/machine.ts";
import { interleave, sampleOf } from "../harness/statistics.ts";
import { findDockerRegistry } from "../peers/docker-registry.ts";
import { downloads } from "./downloads.ts";
import { uploads } from "./uploads.ts";

const fileBytes = 1024 ** 3;
const smokeFileBytes = 16 * 1024 ** 2;
/** The file, and the copies that exist at the same time at most. */
const copies = 5;
const rounds = 7;

/** The file that goes to and fro, and what is needed to measure it. */
export interface BlobCase {
  readonly context: BenchContext;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Undefined: not compared. */
  readonly dockerRegistry: string | undefined;
}

/** One large file up and down. */
export const blobs: Bench = {
  name: "blobs",
  title: "upload and download of one file of 1 GiB of random bytes",
  async run(context) {
    const sizeBytes = context.smoke ? smokeFileBytes : fileBytes;
    if (freeBytes(context.folder) < copies * sizeBytes)
      throw new SkippedError(`needs ${(copies * sizeBytes) / 1e9} GB in ${context.folder}; choose --folder`);
    const path = join(context.folder, "model.bin");
    await mkdir(context.folder, { recursive: true });
    await writeRandomFile(path, sizeBytes);
    const blobCase: BlobCase = {
      context,
      path,
      sizeBytes,
      sha256: await sha256(path),
      dockerRegistry: await findDockerRegistry(context),
    };
    const times = context.smoke ? 1 : rounds;
    const up = await interleave(times, uploads(blobCase), context.log);
    await using download = await downloads(blobCase);
    const down = await interleave(times, download.contestants, context.log);
    return {
      figures: [...uploadFigures(up, blobCase), ...downloadFigures(down, blobCase)],
      notes: [
        "The file is in the page cache before every run; what was written before is on disk (syncfs), outside of the measured time. Twice its size in memory was just in use: a virtual machine gives free memory to its host, and getting it back would be measured instead.",
        "Client runs are whole processes. ModelBox acknowledges an upload when its bytes are flushed (fsync); cp and docker-registry leave them in the page cache. `cp, sync` flushes the copy.",
        "docker-registry and `curl` mean: curl against either server, one PUT or GET of the whole file. ModelBox's server compares all bytes with their SHA-256 in both directions, and its client, on the same machine, takes the XXH3 of every chunk; curl checks nothing.",
        ...(blobCase.dockerRegistry === undefined
          ? ["docker-registry was not there, and is not compared."]
          : []),
      ],
    };
  },
};

function uploadFigures(times: ReadonlyMap<string, Sample>, blobCase: BlobCase): Figure[] {
  const speed = speedsOf(times, blobCase.sizeBytes);
  const registry = blobCase.dockerRegistry && { name: "docker-registry", sample: speed("docker-registry") };
  const ours = speed("modelbox client");
  return [
    figure("upload, modelbox client", ours, { name: "cp, openssl", sample: speed("cp, openssl") }, 0.75),
    figure("upload, modelbox client", ours, {
      name: "cp, sync, openssl",
      sample: speed("cp, sync, openssl"),
    }),
    ...(registry ? [figure("upload, modelbox client", ours, registry, 2.5)] : []),
    figure("upload, curl", speed("curl"), registry || undefined),
  ];
}

function downloadFigures(times: ReadonlyMap<string, Sample>, blobCase: BlobCase): Figure[] {
  const speed = speedsOf(times, blobCase.sizeBytes);
  const registry = blobCase.dockerRegistry && { name: "docker-registry", sample: speed("docker-registry") };
  const ours = speed("modelbox client");
  return [
    figure("download, modelbox client", ours, { name: "cp, openssl", sample: speed("cp, openssl") }),
    ...(registry ? [figure("download, modelbox client", ours, registry, 0.9)] : []),
    figure("download, curl", speed("curl"), registry || undefined),
  ];
}

function speedsOf(times: ReadonlyMap<string, Sample>, sizeBytes: number): (name: string) => Sample {
  return (name) => sampleOf(times, name).map((ms) => sizeBytes / 1e6 / (ms / 1e3));
}

function figure(name: string, ours: Sample, peer: Figure["peer"], ratioAtLeast?: number): Figure {
  return {
    name,
    unit: "MB/s",
    ours,
    ...(peer ? { peer } : {}),
    ...(ratioAtLeast === undefined ? {} : { aim: { of: "ratio", bound: "at least", limit: ratioAtLeast } }),
  };
}
