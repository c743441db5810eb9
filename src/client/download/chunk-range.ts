import { DOWNLOAD_RANGE_BYTES } from "../transfer/limits.ts";
import type { StoredChunk } from "./stored-chunks.ts";

/** Neighbouring chunks of one file, not empty. */
export type ChunkRange = readonly StoredChunk[];

/** Puts neighbouring chunks together, so that few requests fetch many. */
export class RangeBuilder {
  #chunks: StoredChunk[] = [];
  #sizeBytes = 0;

  /** Takes the next chunk; returns the range before it when that is complete now. */
  add(chunk: StoredChunk): ChunkRange | undefined {
    const last = this.#chunks.at(-1);
    const isNeighbour = last === undefined || last.offsetBytes + last.sizeBytes === chunk.offsetBytes;
    const fits = this.#sizeBytes + chunk.sizeBytes <= DOWNLOAD_RANGE_BYTES;
    const complete = last !== undefined && !(isNeighbour && fits) ? this.take() : undefined;
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.sizeBytes;
    return complete;
  }

  /** The range that is under way, if there is one. */
  take(): ChunkRange | undefined {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#sizeBytes = 0;
    return chunks.length === 0 ? undefined : chunks;
  }
}
