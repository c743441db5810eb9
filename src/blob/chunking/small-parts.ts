import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";

/** A place where small parts may be divided, counted from the beginning of the first. */
export interface Division {
  readonly at: number;
  /** Of the name of the part that begins here. */
  readonly hash: number | undefined;
  /** Here they end: by a big part, or with the file. */
  readonly isEnd: boolean;
}

/**
 * How many bytes of small parts share a chunk: all up to the target, otherwise up to the division with the smallest
 * hash that leaves lengths within the limits. So the choice is the same again when other parts come, go or grow.
 */
export function chooseDivision(divisions: readonly Division[]): number {
  const last = divisions.at(-1);
  const end = last?.isEnd === true ? last.at : Number.POSITIVE_INFINITY;
  if (end <= TARGET_CHUNK_BYTES) return end;
  let best: Division | undefined;
  for (const division of divisions) {
    const leavesEnough = division.at === end || end - division.at >= MIN_CHUNK_BYTES;
    if (division.at < MIN_CHUNK_BYTES || division.at > MAX_CHUNK_BYTES || !leavesEnough) continue;
    if (best === undefined || rank(division) < rank(best)) best = division;
  }
  // Small parts are shorter than the target, so that one of them always begins in between.
  if (best === undefined) throw new Error("small parts have no division");
  return best.at;
}

function rank({ hash }: Division): number {
  return hash ?? Number.POSITIVE_INFINITY;
}
