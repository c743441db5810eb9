import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FileSetSchema } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { ServerError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { checkConcurrency } from "../transfer/concurrency.ts";
import { endedByCaller } from "../transfer/ended-by-caller.ts";
import { holderName } from "../transfer/holder.ts";
import { LeaseKeeper } from "../transfer/lease-keeper.ts";
import { DEFAULT_UPLOAD_CONCURRENCY, LOCAL_UPLOAD_CONCURRENCY } from "../transfer/limits.ts";
import type { OnProgress } from "../transfer/progress.ts";
import { askServerFacts, isLoopback } from "../transfer/server-facts.ts";
import { TaskGroup } from "../transfer/task-group.ts";
import { findFiles } from "./find-files.ts";
import { UploadRun } from "./upload-run.ts";

const ENDED_MESSAGE =
  "The upload was ended before it was complete; upload again to go on, what was sent is not sent again.";

/** What to upload, and how. */
export interface UploadOptions {
  /** Id or name of the namespace; a name that does not exist yet is created. */
  readonly namespace: string;
  /** Files, stored under their base name, and folders, whose content is stored with paths relative to the folder. */
  readonly sources: readonly string[];
  readonly onProgress?: OnProgress;
  /** Ends the upload; nothing becomes visible. */
  readonly signal?: AbortSignal;
  /** How many chunks are sent at once: 1 to 64; default 4, and 2 where the server is on this machine. */
  readonly concurrency?: number;
}

/** What an upload did. */
export interface UploadCounters {
  readonly files: number;
  /** Sum of the files' sizes. */
  readonly bytes: number;
  readonly chunks: number;
  readonly sentChunks: number;
  /** Bytes that were sent. */
  readonly sentBytes: number;
  /** Bytes that were not, because the server had them, or because they were there twice. */
  readonly reusedBytes: number;
}

/** What came out of an upload. */
export interface UploadResult<T> {
  /** What the commit returned. */
  readonly committed: T;
  readonly counters: UploadCounters;
  /** What the user should know, for example which empty folders are not stored. */
  readonly notices: readonly string[];
}

/** The `files` of a commit, as CommitArtifact, CreateCheckpoint and CreateModelVersion take them. */
export type UploadedFiles = MessageInitShape<typeof FileSetSchema>;

/**
 * Uploads files and commits them with the call that `commit` makes. Asking again after a failure sends only what the
 * server lacks. Whatever fails, nothing becomes visible, and the lease of the upload is given back.
 */
export async function upload<T>(
  client: ModelBoxClient,
  options: UploadOptions,
  commit: (files: UploadedFiles) => Promise<T>,
): Promise<UploadResult<T>> {
  const wanted = options.concurrency === undefined ? undefined : checkConcurrency(options.concurrency);
  using group = new TaskGroup(options.signal);
  try {
    const found = await findFiles(options.sources, group.signal);
    const server = await askServerFacts(client, group.signal);
    using _patient = client.http.beginTransfer();
    await using lease = await beginUpload(client, options.namespace, found.sizeBytes, group);
    const { onProgress } = options;
    const isLocal = server.blobAddresses.all.every(isLoopback);
    const concurrency = wanted ?? (isLocal ? LOCAL_UPLOAD_CONCURRENCY : DEFAULT_UPLOAD_CONCURRENCY);
    const run = new UploadRun({ client, server, found, leaseId: lease.id, concurrency, onProgress, group });
    const files = await run.run();
    const committed = await commit({ leaseId: lease.id, files: [...files] });
    const { chunks, sentChunks, sentBytes } = run;
    const reusedBytes = found.sizeBytes - sentBytes;
    return {
      committed,
      counters: { files: files.length, bytes: found.sizeBytes, chunks, sentChunks, sentBytes, reusedBytes },
      notices: found.notices,
    };
  } catch (error) {
    throw endedByCaller(error, options.signal, ENDED_MESSAGE);
  }
}

async function beginUpload(
  client: ModelBoxClient,
  namespace: string,
  sizeBytes: number,
  group: TaskGroup,
): Promise<LeaseKeeper> {
  const request = { namespace, holder: holderName(), sizeBytes: BigInt(sizeBytes) };
  const { lease } = await client.artifacts.beginUpload(request, { signal: group.signal });
  if (lease === undefined) throw new ServerError("internal", "The server began an upload without a lease.");
  return new LeaseKeeper(client.leases, lease, "let expire", (error) => group.fail(error));
}
