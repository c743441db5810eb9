import type { Chunk, Pack } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataWriter } from "../../domain/metadata-store.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { MAX_CHUNKS_PER_RECORDING } from "./flow-limits.ts";
import { findUploadLease, leaseUseKey, renewWhenDue } from "./upload-lease.ts";

/** A chunk to record: a new row, or only the digest of one that is there. */
export type Recording = { readonly digest: string; readonly chunk: Chunk | undefined };

/** What one request with many chunks stores. */
export interface PackRecording {
  /** Undefined when all chunks were stored already. */
  readonly pack: Pack | undefined;
  readonly chunks: readonly Chunk[];
  readonly known: readonly string[];
}

interface Waiting extends Recording {
  readonly resolve: (stored: Chunk) => void;
  readonly reject: (error: unknown) => void;
}

/** Recordings under one lease by one caller. */
interface Queue {
  readonly caller: Caller;
  readonly leaseId: string;
  readonly waiting: Waiting[];
}

/**
 * Records chunks and lets their lease protect them. What arrives while a transaction runs goes into the next one
 * together: an upload sends many chunks at once, and the checks of its lease are the same for all.
 */
export class ChunkRecorder {
  readonly #context: ServiceContext;
  readonly #queues = new Map<string, Queue>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** The row that is there now: another than `chunk` when its digest was stored already. */
  record(caller: Caller, leaseId: string, recording: Recording): Promise<Chunk> {
    const key = leaseUseKey(caller, leaseId);
    const queue = this.#queues.get(key);
    return new Promise<Chunk>((resolve, reject) => {
      const waiting = { ...recording, resolve, reject };
      if (queue !== undefined) {
        queue.waiting.push(waiting);
        return;
      }
      const begun = { caller, leaseId, waiting: [waiting] };
      this.#queues.set(key, begun);
      void this.#drain(key, begun);
    });
  }

  /** Never throws: each recording is told. */
  async #drain(key: string, queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) {
      const group = queue.waiting.splice(0, MAX_CHUNKS_PER_RECORDING);
      try {
        const stored = await this.#context.metadata.write((tx) => this.#write(tx, queue, group), {
          // A commit that names them is durable, and they with it; before that nobody was promised anything.
          mayBeLost: true,
        });
        for (const one of group) {
          const row = stored.get(one.digest);
          if (row?.state === "stored") one.resolve(row);
          else one.reject(goneMeanwhile(one.digest));
        }
      } catch (error) {
        for (const one of group) one.reject(error);
      }
    }
    this.#queues.delete(key);
  }

  /**
   * The same for a pack whose object was written, in one transaction: `chunks` are in it, and `known` were stored already.
   * All are recorded, or none. A pack of which others have stored every chunk meanwhile gets no row: then it is false.
   */
  async recordPack(
    caller: Caller,
    leaseId: string,
    { pack, chunks, known }: PackRecording,
  ): Promise<boolean> {
    return await this.#context.metadata.write(
      async (tx) => {
        const group = [...chunks.map(({ digest }) => digest), ...known];
        const rows = await this.#write(tx, { caller, leaseId }, [
          ...chunks.map((chunk) => ({ digest: chunk.digest, chunk })),
          ...known.map((digest) => ({ digest, chunk: undefined })),
        ]);
        for (const digest of group) if (rows.get(digest)?.state !== "stored") throw goneMeanwhile(digest);
        const isUsed = chunks.some(({ digest }) => rows.get(digest)?.packId === pack?.id);
        if (pack !== undefined && isUsed) await tx.packs.insert(pack);
        return isUsed;
      },
      { mayBeLost: true },
    );
  }

  async #write(
    tx: MetadataWriter,
    { caller, leaseId }: Pick<Queue, "caller" | "leaseId">,
    group: readonly Recording[],
  ): Promise<ReadonlyMap<string, Chunk>> {
    const now = this.#context.clock.nowMicros();
    const lease = await findUploadLease(tx, caller, leaseId, now);
    const { namespaceId } = lease;
    const fresh = group.flatMap(({ chunk }) => (chunk === undefined ? [] : [{ ...chunk, namespaceId }]));
    const rows = new Map(await tx.chunks.insertMany(fresh));
    const known = group.map(({ digest }) => digest).filter((digest) => !rows.has(digest));
    for (const row of await tx.chunks.getMany(known)) rows.set(row.digest, row);
    const usable = [...rows.values()].filter((row) => row.state === "stored");
    // In order, neighbours land on the same pages of the database.
    await tx.chunks.hold(leaseId, usable.map((row) => row.digest).toSorted());
    await renewWhenDue(tx, lease, now);
    return rows;
  }
}

function goneMeanwhile(digest: string): DomainError {
  return new DomainError(
    "conflict",
    "CHUNK_GONE",
    `The chunk ${digest} was removed just now; send it again.`,
  );
}
