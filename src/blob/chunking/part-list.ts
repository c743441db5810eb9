import { FormatParser } from "./format-parser.ts";
import type { Mark, PartCut } from "./marks.ts";

/** Parsers know where a part ends some bytes after its end. */
const SLACK_BYTES = 4096;
/** Marks behind the position that are kept at most. */
const MAX_PASSED_MARKS = 1_000;

/** A part of a file. Offsets are counted from the beginning of the next chunk. */
export interface Part {
  /** Zero or less for the part that the chunk begins in. */
  readonly begin: number;
  /** Where it ends, or how far it goes at least. */
  readonly end: number;
  readonly isComplete: boolean;
  readonly cut: PartCut;
  readonly hash: number | undefined;
  readonly standsAlone: boolean;
}

/** The parts of a file from the beginning of the next chunk on, as far as they are known. */
export class PartList {
  readonly #parser = new FormatParser();
  /** Index of the mark of the part that the chunk begins in. */
  #first = 0;
  #position = 0;
  #seenEnd = 0;
  #isEnd = false;

  /** Offset in the file of the next chunk. */
  get position(): number {
    return this.#position;
  }

  /** How many bytes of the file have been seen from there on. */
  get seenBytes(): number {
    return this.#seenEnd - this.#position;
  }

  /** The whole file has been seen. */
  get isEnd(): boolean {
    return this.#isEnd;
  }

  /** The chunk begins in a part that is known to run to the end of the file. */
  get isInLast(): boolean {
    return this.#parser.isDone && this.#first === this.#parser.found.length - 1;
  }

  /** Takes the window that begins at the position; some of it may have been seen. */
  see(window: Uint8Array, isEnd: boolean): void {
    this.#parser.feed(window.subarray(this.seenBytes));
    this.#seenEnd = Math.max(this.#seenEnd, this.#position + window.length);
    if (!isEnd) return;
    this.#isEnd = true;
    this.#parser.end();
  }

  pass(length: number): void {
    const { found } = this.#parser;
    this.#position += length;
    while ((found[this.#first + 1]?.offset ?? Number.POSITIVE_INFINITY) <= this.#position) this.#first += 1;
    if (this.#first > MAX_PASSED_MARKS) {
      found.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** The part that the chunk begins in, or one after it; undefined when the file has no more. */
  at(index: number): Part | undefined {
    const { found } = this.#parser;
    const mark: Mark | undefined = found[this.#first + index];
    if (mark === undefined) return undefined;
    const next = found[this.#first + index + 1];
    // A file that is cut short has the parts that it would have.
    const knownEnd = Math.max(this.#parser.knownBytes, this.#parser.isDone ? this.#seenEnd : 0);
    return {
      begin: mark.offset - this.#position,
      end: (next === undefined ? Math.max(knownEnd, mark.offset) : next.offset) - this.#position,
      isComplete: next !== undefined || this.#isEnd,
      cut: mark.cut,
      hash: mark.hash,
      standsAlone: mark.standsAlone,
    };
  }

  /** As many bytes as must be seen to know the parts so far. */
  withSlack(bytes: number): number {
    return this.#parser.isDone ? bytes : bytes + SLACK_BYTES;
  }
}
