import { conflict } from "../domain/errors.ts";
import type { MetadataReader } from "../domain/metadata-store.ts";
import { prepareFiles, type FileSetInput, type PreparedFiles } from "./blobs/commit.ts";
import type { Caller, ServiceContext } from "./context.ts";
import { mutate, recall, type Mutation, type MutationCall } from "./mutation.ts";

/** How an object with files is made. `P` is where it goes, `R` the response. */
export interface FileCommit<P, R> {
  /** Finds where the object goes, and throws unless the caller may write there. */
  locate(tx: MetadataReader): Promise<P & { readonly namespace: { readonly id: string } }>;
  /** The response for an object that an equal call made; throws when another object has the name. */
  find(tx: MetadataReader, place: P): Promise<R | undefined>;
  /** Makes the object. */
  create(mutation: Mutation, place: P, files: PreparedFiles | undefined): Promise<R>;
}

/**
 * Commits files together with what they belong to. The files are made durable before the transaction that makes them
 * visible. A retry is answered from what is there, before its lease is looked at: the first try has ended the lease.
 */
export async function commitWithFiles<P, R>(
  context: ServiceContext,
  caller: Caller,
  call: MutationCall,
  fileSet: FileSetInput | undefined,
  commit: FileCommit<P, R>,
): Promise<R> {
  const isDone = (): Promise<{ done: boolean; namespaceId: string }> =>
    context.metadata.read(async (tx) => {
      if ((await recall(tx, caller, call)) !== undefined) return { done: true, namespaceId: "" };
      const place = await commit.locate(tx);
      return { done: (await commit.find(tx, place)) !== undefined, namespaceId: place.namespace.id };
    });

  let files: PreparedFiles | undefined;
  if (fileSet !== undefined) {
    const { done, namespaceId } = await isDone();
    try {
      if (!done) files = await prepareFiles(context, caller, namespaceId, fileSet);
    } catch (error) {
      // An equal call that ran at the same time has ended the lease with its commit.
      if (!(await isDone()).done) throw error;
    }
  }
  return mutate(context, caller, call, async (mutation) => {
    const place = await commit.locate(mutation.tx);
    const found = await commit.find(mutation.tx, place);
    if (found !== undefined) return found;
    if (fileSet !== undefined && files === undefined) {
      throw conflict(
        "CHANGED_MEANWHILE",
        "The object was deleted while the call ran; upload its files again.",
      );
    }
    return commit.create(mutation, place, files);
  });
}
