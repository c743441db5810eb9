import type { ChunkCache } from "../cache/chunk-cache.ts";
import { InvalidInputError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { checkConcurrency } from "../transfer/concurrency.ts";
import { endedByCaller } from "../transfer/ended-by-caller.ts";
import { DEFAULT_DOWNLOAD_CONCURRENCY } from "../transfer/limits.ts";
import type { OnProgress } from "../transfer/progress.ts";
import { askServerFacts } from "../transfer/server-facts.ts";
import { TaskGroup } from "../transfer/task-group.ts";
import { Destination } from "./destination.ts";
import { DownloadRun } from "./download-run.ts";
import { PathFilter } from "./path-filter.ts";
import { holdSource } from "./restore-lease.ts";
import { listWantedFiles, type FileSource, type NotDownloadedFile } from "./wanted-files.ts";

const ENDED_MESSAGE =
  "The download was ended before it was complete; download again to go on from what is there.";

/** What to download, and where to. */
export interface DownloadOptions {
  /** Id of an artifact; exactly one of artifact and object. */
  readonly artifact?: string;
  /** `checkpoint:` or `version:` and id or path: the files that were committed with it. */
  readonly object?: string;
  /** Folder to write to; it is made when it is missing. */
  readonly destination: string;
  /**
   * Only files that match one of these glob patterns; default all. A pattern without a slash is about the file's own
   * name in any folder (`*.safetensors`), one with a slash about its whole path (`weights/**`).
   */
  readonly include?: readonly string[];
  readonly onProgress?: OnProgress;
  /** Ends the download; what was received stays in `.modelbox-partial` files, and the next one goes on from there. */
  readonly signal?: AbortSignal;
  /** How many requests run at once: 1 to 64; default 4. */
  readonly concurrency?: number;
  /** Where chunks of earlier downloads are, and those of this one go. Default: none. */
  readonly cache?: ChunkCache;
}

/** What a download did. */
export interface DownloadResult {
  /** The folder, as an absolute path. */
  readonly destination: string;
  readonly files: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  /** Bytes that came over the network. */
  readonly receivedBytes: number;
  /** Bytes that were right on disk already. */
  readonly reusedBytes: number;
  /** Bytes that the cache had. */
  readonly cachedBytes: number;
  /** Tracked files, which are not stored by ModelBox. */
  readonly notDownloaded: readonly NotDownloadedFile[];
}

/**
 * Downloads files into a folder. Every chunk is checked when it arrives: by its SHA-256, or by its XXH3 where the server is
 * on this machine and knows it. A file has its name only when it is whole. Files
 * that are right already are not fetched again, and of wrong ones only the wrong chunks.
 */
export async function download(client: ModelBoxClient, options: DownloadOptions): Promise<DownloadResult> {
  const concurrency = checkConcurrency(options.concurrency ?? DEFAULT_DOWNLOAD_CONCURRENCY);
  const filter = new PathFilter(options.include ?? []);
  const source = fileSource(options);
  using group = new TaskGroup(options.signal);
  try {
    const server = await askServerFacts(client, group.signal);
    using _patient = client.http.beginTransfer();
    await using held = await holdSource(client, source, group.signal);
    const wanted = await listWantedFiles(client, held.source, filter, group.signal);
    const destination = await Destination.open(options.destination);
    const { onProgress, cache } = options;
    const run = new DownloadRun({
      client,
      server,
      wanted,
      destination,
      concurrency,
      onProgress,
      cache,
      group,
    });
    await run.run();
    return {
      destination: destination.path,
      files: wanted.files.length,
      bytes: wanted.sizeBytes,
      receivedBytes: run.receivedBytes,
      reusedBytes: run.reusedBytes,
      cachedBytes: run.cachedBytes,
      notDownloaded: wanted.notDownloaded,
    };
  } catch (error) {
    throw endedByCaller(error, options.signal, ENDED_MESSAGE);
  }
}

function fileSource({ artifact, object }: DownloadOptions): FileSource {
  if (artifact !== undefined && object === undefined) return { artifact };
  if (object !== undefined && artifact === undefined) return { object };
  throw new InvalidInputError("Say what to download: either an artifact, or a checkpoint or version.");
}
