import { Flags } from "@oclif/core";
import type { ChunkCache, ModelBoxClient, UploadedFiles } from "../../client/index.ts";
import type { File } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import type { Detail } from "../output/details.ts";
import { formatBytes, formatBytesExactly } from "../output/format.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { fileView } from "../views/artifact.ts";
import { ClientCommand, type ServerFlags } from "./client-command.ts";
import { collectPages } from "./pages.ts";
import type { FilesOf } from "./targets.ts";

interface DownloadFlags extends ServerFlags {
  readonly output?: string | undefined;
  readonly include?: string[] | undefined;
  readonly cache?: boolean | undefined;
}

/** How many files the view of an object lists. */
const MAX_SHOWN_FILES = 20;

/** `--output`, of every download. */
export const outputFlag = Flags.directory({
  char: "o",
  summary:
    "Folder to write to; it is made when it is missing. By default one with the name of what is downloaded.",
  helpValue: "<folder>",
});

/** `--include`, of every download. */
export const includeFlag = Flags.string({
  summary: "Only files whose path matches this pattern, for example '*.safetensors'. Repeat it for more.",
  helpValue: "<pattern>",
  multiple: true,
  multipleNonGreedy: true,
});

/** `--cache`, of every download. */
export const cacheFlag = Flags.boolean({
  summary:
    "Take chunks from the cache on this machine, and keep them there; by default for servers on other machines.",
  allowNo: true,
});

/** A command that sends or gets files, or shows them. */
export abstract class TransferCommand extends ClientCommand {
  /** Uploads files and commits them by `commit`, which gets none when there are none to send. */
  protected async uploadFiles<Response>(
    client: ModelBoxClient,
    namespace: string,
    sources: readonly string[] | undefined,
    commit: (files: UploadedFiles | undefined) => Promise<Response>,
  ): Promise<Response> {
    if (sources === undefined || sources.length === 0) return await commit(undefined);
    const { upload } = await import("../../client/index.ts");
    using progress = new ProgressLine("Uploading");
    const { committed, counters, notices } = await upload(
      client,
      { namespace, sources, signal: this.call.signal, onProgress: (state) => progress.update(state) },
      commit,
    );
    progress.clear();
    for (const notice of notices) await this.output.warn(notice);
    const reused =
      counters.reusedBytes > 0 ? `; ${formatBytes(counters.reusedBytes)} were there already` : "";
    await this.output.note(
      `Sent ${formatBytes(counters.sentBytes)} of ${formatBytes(counters.bytes)}${reused}.`,
    );
    return committed;
  }

  /** Downloads files and prints which. */
  protected async downloadFiles(
    client: ModelBoxClient,
    files: FilesOf,
    flags: DownloadFlags,
    defaultFolder: string,
  ): Promise<void> {
    const { download } = await import("../../client/index.ts");
    const cache = await this.#cache(flags);
    using progress = new ProgressLine("Downloading");
    const result = await download(client, {
      ...files,
      destination: flags.output ?? defaultFolder,
      ...(flags.include ? { include: flags.include } : {}),
      ...(cache ? { cache } : {}),
      signal: this.call.signal,
      onProgress: (state) => progress.update(state),
    });
    progress.clear();
    for (const { path, uri } of result.notDownloaded) {
      await this.output.warn(`${path} is tracked, not stored; fetch it from ${uri}`);
    }
    if (this.output.mode !== "people") {
      const listed = await this.allFiles(client, files);
      return await this.output.list(listed, fileView, listed.files);
    }
    const reused =
      result.reusedBytes > 0 ? `, of which ${formatBytes(result.reusedBytes)} were here already` : "";
    const cached = result.cachedBytes > 0 ? `, ${formatBytes(result.cachedBytes)} from the cache` : "";
    await this.output.details([
      ["folder", result.destination],
      ["files", `${result.files}, ${formatBytesExactly(result.bytes)}${reused}${cached}`],
    ]);
  }

  /** Undefined where it is off, or would only copy what is on this machine anyway. */
  async #cache(flags: DownloadFlags): Promise<ChunkCache | undefined> {
    if (flags.cache === false) return undefined;
    const [{ isLoopback, openCache, parseServerAddress }, config] = await Promise.all([
      import("../../client/index.ts"),
      this.clientConfig(flags),
    ]);
    if (flags.cache === undefined && isLoopback(parseServerAddress(config.serverAddr))) return undefined;
    return openCache(config, process.env);
  }

  /** The first files of an object, for the view of it. */
  protected async fileDetails(client: ModelBoxClient, files: FilesOf): Promise<readonly Detail[]> {
    const page = await client.artifacts.listFiles({ ...files, pageSize: MAX_SHOWN_FILES }, this.call);
    const entries = page.files.map(
      (file: File) => [file.path, file.uri || formatBytes(file.sizeBytes)] as const,
    );
    const more =
      page.nextPageToken === "" ? [] : [["…", "`modelbox client artifacts files` lists all"] as const];
    return [{ heading: "files", entries: [...entries, ...more] }];
  }

  private async allFiles(client: ModelBoxClient, files: FilesOf) {
    return await collectPages(
      { all: true },
      (page) => client.artifacts.listFiles({ ...files, ...page }, this.call),
      (response) => response.files,
    );
  }
}
