import { MAX_NOTES } from "./flow-limits.ts";
import { RecentMap } from "./recent-map.ts";

/** Bytes that one hash is taken over; the hashes are summed up. */
const BLOCK_BYTES = 64 * 1024;
/** Odd, so that no change of an earlier block can be lost in the sum. */
const FACTOR = 0x9e37_79b9_7f4a_7c15n;

/** A fast checksum of bytes. */
export type Checksum = bigint;

/**
 * Fast checksums of chunks with an object of their own that this process has seen with the right SHA-256, by its key. Every read of a chunk
 * checks all of its bytes; with a note that costs a small part of SHA-256 (docs/decisions/blob-path.md). The seed
 * is random and never leaves the process, so that nobody can make other bytes with the same checksum.
 */
export class ChunkNotes {
  readonly #seed = BigInt(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);
  readonly #notes = new RecentMap<Checksum>(MAX_NOTES);
  readonly #xxh3 = new RecentMap<bigint>(MAX_NOTES);

  /** Takes the checksum of a chunk from its pieces, in order. */
  checksum(): RunningChecksum {
    return new RunningChecksum(this.#seed);
  }

  get(key: string): Checksum | undefined {
    return this.#notes.get(key);
  }

  /** Keeps the checksum of a chunk whose SHA-256 is right. */
  set(key: string, note: Checksum): void {
    this.#notes.set(key, note);
  }

  delete(key: string): void {
    this.#notes.delete(key);
  }

  /**
   * XXH3 (64 bits, seed 0) of the bytes with this SHA-256, if this process has seen them: for clients, who check with it
   * what reached them.
   */
  xxh3(digest: string): bigint | undefined {
    return this.#xxh3.get(digest);
  }

  /** Keeps the XXH3 of bytes whose SHA-256 is known to be the digest. */
  setXxh3(digest: string, xxh3: bigint): void {
    this.#xxh3.set(digest, xxh3);
  }
}

/** The same for the same bytes, whatever pieces they come in. */
export class RunningChecksum {
  readonly #seed: bigint;
  #sum = 0n;
  /** What is left of earlier pieces: less than a block. */
  #rest: Uint8Array | undefined;
  #restBytes = 0;

  constructor(seed: bigint) {
    this.#seed = seed;
  }

  add(piece: Uint8Array): void {
    let next = this.#restBytes > 0 ? this.#fill(piece) : 0;
    while (piece.byteLength - next >= BLOCK_BYTES) {
      this.#addBlock(piece.subarray(next, next + BLOCK_BYTES));
      next += BLOCK_BYTES;
    }
    if (next < piece.byteLength) this.#fill(piece.subarray(next));
  }

  finish(): Checksum {
    if (this.#rest !== undefined && this.#restBytes > 0)
      this.#addBlock(this.#rest.subarray(0, this.#restBytes));
    this.#restBytes = 0;
    return this.#sum;
  }

  /** Puts bytes after those that are left, up to a whole block; returns how many it took. */
  #fill(piece: Uint8Array): number {
    this.#rest ??= new Uint8Array(BLOCK_BYTES);
    const taken = piece.subarray(0, BLOCK_BYTES - this.#restBytes);
    this.#rest.set(taken, this.#restBytes);
    this.#restBytes += taken.byteLength;
    if (this.#restBytes === BLOCK_BYTES) {
      this.#addBlock(this.#rest);
      this.#restBytes = 0;
    }
    return taken.byteLength;
  }

  #addBlock(block: Uint8Array): void {
    this.#sum = BigInt.asUintN(64, this.#sum * FACTOR + Bun.hash.xxHash3(block, this.#seed));
  }
}
