import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { InvalidInputError, ServerError } from "../errors.ts";
import type { ModelBoxClient } from "../model-box-client.ts";
import { holderName } from "../transfer/holder.ts";
import { LeaseKeeper } from "../transfer/lease-keeper.ts";
import type { FileSource } from "./wanted-files.ts";

/** What to download, held so that nobody deletes it meanwhile. */
export interface HeldSource extends AsyncDisposable {
  /** Names the object by id: a path such as `…/latest` may lead elsewhere a moment later. */
  readonly source: FileSource;
}

/** The kinds that a restore lease protects, as they are written before an id. */
const HELD_KINDS: ReadonlyMap<ObjectKind, string> = new Map([
  [ObjectKind.CHECKPOINT, "checkpoint"],
  [ObjectKind.VERSION, "version"],
]);

/** Why a server can give no lease that deletes nothing meanwhile either: it writes nothing. */
const WRITES_NOTHING: ReadonlySet<string> = new Set(["READ_ONLY", "DATABASE_READ_ONLY", "STORAGE_FULL"]);

/**
 * Takes a restore lease on the checkpoint or version that the files belong to; on other objects there is none, nor from
 * a server that can only be read, on purpose or because its disk is full.
 */
export async function holdSource(
  client: ModelBoxClient,
  source: FileSource,
  signal: AbortSignal,
): Promise<HeldSource> {
  try {
    return await hold(client, source, signal);
  } catch (error) {
    if (error instanceof ServerError && WRITES_NOTHING.has(error.reason)) return held(source, undefined);
    throw error;
  }
}

async function hold(client: ModelBoxClient, source: FileSource, signal: AbortSignal): Promise<HeldSource> {
  if ("object" in source) {
    const keeper = await acquire(client, source.object, signal);
    return held({ object: keeper.object }, keeper.lease);
  }
  const { artifact } = await client.artifacts.getArtifact({ artifact: source.artifact }, { signal });
  const kind = artifact === undefined ? undefined : HELD_KINDS.get(artifact.objectKind);
  if (artifact === undefined || kind === undefined) return held(source, undefined);
  const keeper = await acquire(client, `${kind}:${artifact.objectId}`, signal);
  return held(source, keeper.lease);
}

async function acquire(
  client: ModelBoxClient,
  object: string,
  signal: AbortSignal,
): Promise<{ readonly object: string; readonly lease: LeaseKeeper }> {
  const request = { kind: LeaseKind.RESTORE, object, holder: holderName() };
  const { lease } = await client.leases.acquireLease(request, { signal });
  const kind = lease === undefined ? undefined : HELD_KINDS.get(lease.objectKind);
  if (lease === undefined || kind === undefined) {
    throw new InvalidInputError(
      `Only checkpoints, versions and artifacts can be downloaded, not "${object}".`,
    );
  }
  // A lost lease only matters once somebody deletes the object, and then the next request says so.
  return {
    object: `${kind}:${lease.objectId}`,
    lease: new LeaseKeeper(client.leases, lease, "give back", () => undefined),
  };
}

function held(source: FileSource, lease: LeaseKeeper | undefined): HeldSource {
  return { source, [Symbol.asyncDispose]: async () => await lease?.[Symbol.asyncDispose]() };
}
