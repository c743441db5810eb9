/** How a part that is too long for one chunk is cut: every TARGET_CHUNK_BYTES, or where its content says. */
export type PartCut = "fixed" | "content";

/** Where a part of a file begins; it runs to the next mark, the last one to the end of the file. */
export interface Mark {
  readonly offset: number;
  readonly cut: PartCut;
  /** Chooses among the places where small parts may be divided; undefined where that is a last resort. */
  readonly hash: number | undefined;
  /** What comes before and after changes more often than the part, so that it shares a chunk with nothing. */
  readonly standsAlone: boolean;
}

/** What a parser has found out about a file so far. */
export class Marks {
  /** In the order of their offsets, the first of which is 0. */
  readonly found: Mark[] = [{ offset: 0, cut: "content", hash: undefined, standsAlone: false }];
  /** Marks before this offset are all there. */
  knownBytes = 0;

  /** Begins a part at the offset of the last one, whose place it takes then, or after it. */
  add(mark: Mark): void {
    const last = this.found.at(-1);
    if (last !== undefined && last.offset >= mark.offset) this.found.pop();
    this.found.push(mark);
  }

  /** Begins a tensor. */
  tensor(offset: number, hash: number | undefined): void {
    this.add({ offset, cut: "fixed", hash, standsAlone: false });
  }

  /** What is here is no tensor, nor what belongs to one. */
  other(offset: number): void {
    if (this.found.at(-1)?.cut !== "content")
      this.add({ offset, cut: "content", hash: undefined, standsAlone: false });
  }
}
