import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "../harness/bench.ts";
import { programOf } from "../harness/debian-package.ts";
import { answers, freePort, run, startService } from "../harness/processes.ts";

/** Debian's docker-registry: content-addressed blobs in a folder over HTTP, checked by SHA-256 on arrival. */
export interface DockerRegistry extends AsyncDisposable {
  /** Stores a file as a blob with curl: one POST, one PUT of the whole body. Returns what it took. */
  upload(path: string, sha256: string): Promise<number>;
  /** Fetches a blob with curl into a file. Returns what it took. */
  download(sha256: string, path: string): Promise<number>;
}

/** The program, or undefined when it can't be had. */
export function findDockerRegistry(context: BenchContext): Promise<string | undefined> {
  return programOf("docker-registry", context);
}

/** Starts a registry on loopback with its data in `folder`. */
export async function startDockerRegistry(program: string, folder: string): Promise<DockerRegistry> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const configPath = join(folder, "config.yml");
  await writeFile(configPath, configuration(port, folder));
  const service = startService([program, "serve", configPath], join(folder, "registry.log"), { cwd: folder });
  const base = `http://127.0.0.1:${port}/v2`;
  try {
    await service.until("docker-registry to be ready", () => answers(`${base}/`));
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return {
    async upload(path, sha256) {
      const startedAt = performance.now();
      const begun = await run([
        "curl",
        "-sS",
        "-f",
        "-i",
        "-X",
        "POST",
        `${base}/bench/model/blobs/uploads/`,
      ]);
      const location = /^location: *(\S+)/im.exec(begun.stdout)?.[1];
      if (location === undefined) throw new Error("docker-registry named no place for the upload");
      const target = `${location}${location.includes("?") ? "&" : "?"}digest=sha256:${sha256}`;
      await run(["curl", "-sS", "-f", "-T", path, "-H", "Content-Type: application/octet-stream", target]);
      return performance.now() - startedAt;
    },
    async download(sha256, path) {
      const { durationMs } = await run([
        "curl",
        "-sS",
        "-f",
        "-o",
        path,
        `${base}/bench/model/blobs/sha256:${sha256}`,
      ]);
      return durationMs;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** As packaged, without authentication and with errors as the only log, which favours the registry. */
function configuration(port: number, folder: string): string {
  const storage = join(folder, "data");
  return [
    "version: 0.1",
    "log: { level: error, accesslog: { disabled: true } }",
    `storage: { cache: { blobdescriptor: inmemory }, filesystem: { rootdirectory: ${JSON.stringify(storage)} } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
    "",
  ].join("\n");
}
