import { ObjectNotFoundError, ObjectTruncatedError } from "../../domain/blob-store.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import type { Chunk } from "../../domain/entities.ts";
import { sha256 } from "../../hashing/digests.ts";
import { releaseOwned } from "../../hashing/release.ts";
import { MAX_PARALLEL_RUNS, MAX_RUN_GAP_BYTES, READ_RUN_BYTES } from "./flow-limits.ts";
import type { Transfers } from "./transfers.ts";

/** A chunk, and where in the bytes of all files it goes. */
export interface PlacedChunk {
  readonly digest: string;
  readonly chunk: Chunk | undefined;
  readonly sizeBytes: number;
  readonly places: readonly number[];
}

/** Chunks of one object that are read together. */
interface Run {
  readonly objectKey: string;
  readonly begin: number;
  end: number;
  readonly members: Packed[];
}

type Packed = PlacedChunk & { readonly chunk: Chunk };

/**
 * Reads chunks that lie in packs, neighbours together, and calls `put` with the bytes of each that is right. Returns the
 * others: those with an object of their own or another form, and those that were not what they should be, which is for
 * openChecked to look into.
 */
export async function readPacked(
  { context }: Transfers,
  chunks: readonly PlacedChunk[],
  put: (placed: PlacedChunk, bytes: Uint8Array) => void,
): Promise<readonly PlacedChunk[]> {
  const left: PlacedChunk[] = chunks.filter((placed) => !isPacked(placed));
  await eachLimited(runsOf(chunks.filter(isPacked)), MAX_PARALLEL_RUNS, async (run) => {
    const bytes = await readRun(context.blobs, run);
    for (const placed of run.members) {
      const from = placed.chunk.objectOffset - run.begin;
      const content = bytes?.subarray(from, from + placed.sizeBytes);
      if (content !== undefined && sha256(content) === placed.digest) put(placed, content);
      else left.push(placed);
    }
    if (bytes !== undefined) releaseOwned(bytes);
  });
  return left;
}

function isPacked(placed: PlacedChunk): placed is Packed {
  const { chunk } = placed;
  return chunk !== undefined && chunk.packId !== "" && chunk.encoding === "raw" && chunk.state === "stored";
}

function runsOf(packed: readonly Packed[]): readonly Run[] {
  const inOrder = packed.toSorted(
    ({ chunk: a }, { chunk: b }) =>
      (a.objectKey === b.objectKey ? 0 : a.objectKey < b.objectKey ? -1 : 1) ||
      a.objectOffset - b.objectOffset,
  );
  const runs: Run[] = [];
  for (const placed of inOrder) {
    const { objectKey, objectOffset, storedBytes } = placed.chunk;
    const end = objectOffset + storedBytes;
    const run = runs.at(-1);
    const joins =
      run !== undefined &&
      run.objectKey === objectKey &&
      objectOffset - run.end <= MAX_RUN_GAP_BYTES &&
      end - run.begin <= READ_RUN_BYTES;
    if (joins) {
      run.end = end;
      run.members.push(placed);
    } else runs.push({ objectKey, begin: objectOffset, end, members: [placed] });
  }
  return runs;
}

/** Undefined when the object is gone, or too short for one of its chunks. */
async function readRun(
  blobs: Transfers["context"]["blobs"],
  { objectKey, begin, end }: Run,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await blobs.readBytes(objectKey, { offsetBytes: begin, lengthBytes: end - begin });
  } catch (error) {
    if (error instanceof ObjectNotFoundError || error instanceof ObjectTruncatedError) return undefined;
    throw error;
  }
}
