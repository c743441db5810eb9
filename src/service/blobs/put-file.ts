import type { StoredFile } from "../../domain/entities.ts";
import { DEFAULT_UPLOAD_TTL_MS } from "../../domain/limits.ts";
import { requireWritable } from "../access.ts";
import { commitArtifact, type CommittedArtifact } from "../artifacts/commit.ts";
import type { Caller } from "../context.ts";
import { releaseLease } from "../leases/release.ts";
import { requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";
import { single } from "../views/single.ts";
import { beginUpload } from "./begin-upload.ts";
import { storeFile } from "./store-file.ts";
import type { Transfers } from "./transfers.ts";

/** A file of an artifact of its own. */
export interface PutFileInput {
  readonly object: ObjectReference;
  readonly artifact: string;
  readonly path: string;
  /** For messages to others. */
  readonly holder: string;
  /** SHA-256 (hex) that the client gives for the whole body; undefined when it gives none. */
  readonly expectedDigest?: string | undefined;
  /** Length of the body; 0 when the client does not say. */
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What a plain upload has made, or found. */
export interface PutFile extends CommittedArtifact {
  readonly file: StoredFile;
}

/** Stores a plain body and commits it as an artifact of one file, in one call. */
export async function putFile(
  transfers: Transfers,
  caller: Caller,
  { object, artifact: name, path, holder, expectedDigest, sizeBytes, body }: PutFileInput,
): Promise<PutFile> {
  const { context } = transfers;
  // Asked before the body is read, so that a mistake does not cost an upload.
  const { namespace } = await context.metadata.read(async (tx) => {
    const located = requireLabelled(await resolveObject(tx, caller, object));
    requireWritable(caller, located.namespace);
    return located;
  });
  const upload = {
    namespace: namespace.id,
    holder,
    sizeBytes,
    ttlMs: DEFAULT_UPLOAD_TTL_MS,
    requestId: "",
  };
  const { id: leaseId } = await beginUpload(context, caller, upload);
  try {
    const file = await storeFile(transfers, caller, { leaseId, path, expectedDigest, body });
    const files = { leaseId, files: [file] };
    const committed = await commitArtifact(context, caller, { object, name, files, requestId: "" });
    const stored = await context.metadata.read((tx) =>
      tx.artifacts.files(committed.artifact.id, "", undefined, 1),
    );
    return { ...committed, file: single(stored) };
  } finally {
    // The commit has ended it, unless it failed or found that the files are there.
    await releaseLease(context, caller, leaseId);
  }
}
