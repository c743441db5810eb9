import type { Chunk, DoomedObject, Job, Pack, StoredFile } from "./entities.ts";

/** A chunk that nothing names but, maybe, chunks that build on it. */
export interface UnusedChunk {
  readonly chunk: Chunk;
  /** Other chunks have it as their base. */
  readonly isBase: boolean;
}

/** What is to be collected. A chunk is used while a file has it, an upload's lease holds it, or another builds on it. */
export interface GarbageReader {
  /**
   * Looks at `limit` chunks in the order of their digests, after one of them. `items` are those of them, from before
   * `before`, that are neither condemned nor part of a file nor held; `next` is where to go on, undefined at the end.
   */
  unused(
    after: string | undefined,
    before: number,
    limit: number,
  ): Promise<{ readonly items: readonly UnusedChunk[]; readonly next: string | undefined }>;
  /** Sums over the chunks that are condemned, and the objects that are doomed. */
  waiting(): Promise<{ readonly condemned: Sum; readonly doomed: Sum }>;
  /** Packs in the order of their ids, after one of them, with the stored bytes of the chunks that name them. */
  packs(after: string | undefined, limit: number): Promise<readonly UsedPack[]>;
  /** The chunks that are in a pack. */
  packed(packId: string): Promise<readonly Chunk[]>;
  /** Objects that were doomed before `before`, oldest first. */
  doomed(before: number, limit: number): Promise<readonly DoomedObject[]>;
  /** Which of these objects are the place of a chunk or a pack, or doomed. */
  namedObjects(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

/** How many there are, and their stored bytes. */
export interface Sum {
  readonly count: number;
  readonly bytes: number;
}

export interface GarbageWriter extends GarbageReader {
  /** Condemns those of these chunks that are as they were read. */
  condemn(chunks: readonly Chunk[], at: number): Promise<void>;
  /**
   * Looks again at chunks that were condemned before `before`: what is used after all is stored again; the rows of the
   * others are removed, and objects that no row names then are doomed.
   */
  judge(before: number, limit: number, now: number): Promise<Judged>;
  /**
   * Notes that chunks are in a pack now, and dooms what they were in if nothing else is there. Those that are not as they
   * were read stay as they are.
   */
  move(moves: readonly ChunkMove[], now: number): Promise<void>;
  /** Dooms a pack if no chunk names it. */
  doomEmptyPack(packId: string, now: number): Promise<void>;
  /** Notes objects that no row names any more. */
  doom(objects: readonly DoomedObject[]): Promise<void>;
  /** Forgets objects that were deleted. */
  forget(keys: readonly string[]): Promise<void>;
  /** Asks for these chunks' dependents to be stored without them. */
  requestRebases(bases: readonly string[]): Promise<void>;
}

/** A pack, and how much of it is used. */
export interface UsedPack {
  readonly pack: Pack;
  readonly usedBytes: number;
}

/** A chunk as it was read, and as it is to be. */
export interface ChunkMove {
  readonly from: Chunk;
  readonly to: Chunk;
}

/** What became of condemned chunks. */
export interface Judged {
  /** How many were looked at. */
  readonly looked: number;
  readonly spared: number;
  readonly removed: readonly Chunk[];
}

/** Work on the forms that chunks are stored in. */
export interface EncodingReader {
  /** Files whose chunks may get a smaller form now, oldest first; only the id of one that is not there any more. */
  pendingFiles(now: number, limit: number): Promise<readonly (StoredFile | string)[]>;
  /** Chunks that must be stored without their base. */
  pendingRebases(limit: number): Promise<readonly string[]>;
  /** How many of each there are to be done now. */
  waiting(now: number): Promise<{ readonly files: number; readonly rebases: number }>;
  /** The most bases that must be decoded from a chunk that builds on this one down to it; `limit` if there are more. */
  height(digest: string, limit: number): Promise<number>;
}

export interface EncodingWriter extends EncodingReader {
  /**
   * Puts a new form in the place of one that is stored, dooms its object, and corrects the totals and the depths of what
   * builds on it. False, with nothing changed, when the row is another one by now, or its base is not stored, not durable,
   * older than the chunk, or of another depth than the form says.
   */
  switchForm(from: Chunk, to: Chunk, now: number): Promise<boolean>;
  finishFile(fileId: string): Promise<void>;
  /** The file is looked at again then. */
  postponeFile(fileId: string, dueAt: number): Promise<void>;
  finishRebase(digest: string): Promise<void>;
}

export interface JobReader {
  get(name: string): Promise<Job | undefined>;
}

export interface JobWriter extends JobReader {
  /**
   * Gives the job to the holder until a time, or keeps it for whom it has; undefined when another has it at `now`. One that
   * was given away at its beginning starts now.
   */
  hold(name: string, holder: string, now: number, heldUntil: number): Promise<Job | undefined>;
  /** Notes how far it is; false when the holder has lost it. */
  advance(name: string, holder: string, position: string): Promise<boolean>;
  /** Lets go of it: done to the end with a result, or, without one, to be gone on with. */
  release(
    name: string,
    holder: string,
    done?: { readonly at: number; readonly result: string },
  ): Promise<void>;
}
