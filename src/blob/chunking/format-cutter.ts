import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import type { ChunkCutter } from "./chunk-cutter.ts";
import { contentCut } from "./gear.ts";
import { LOOK_AHEAD_BYTES, MAX_WINDOW_BYTES, WINDOW_STEP_BYTES } from "./limits.ts";
import { PartList, type Part } from "./part-list.ts";
import { chooseDivision, type Division } from "./small-parts.ts";

/** Cuts at the tensors and entries that the formats have, by the rules of docs/storage-layout.md. */
export class FormatCutter implements ChunkCutter {
  readonly #parts = new PartList();
  /** The next length when it is known without more bytes of the file. */
  #length: number | undefined;
  #windowBytes = TARGET_CHUNK_BYTES;
  /** No content ends the chunk within so many bytes. */
  #searchedBytes = 0;
  /** Where the small parts that the chunk begins with may be divided, as far as they are known. */
  #divisions: Division[] = [];

  get windowBytes(): number {
    return this.#windowBytes;
  }

  get maxWindowBytes(): number {
    if (this.#length !== undefined) return this.#length;
    return this.#parts.isInLast ? Math.max(MAX_CHUNK_BYTES, this.#windowBytes) : MAX_WINDOW_BYTES;
  }

  nextLength(window: Uint8Array): number | undefined {
    const isEnd = window.length < this.#windowBytes;
    if (isEnd && this.#parts.position === 0 && window.length <= MIN_CHUNK_BYTES) return window.length;
    this.#parts.see(window, isEnd);
    let length = this.#length ?? this.#decide(window);
    if (length === undefined) {
      // A part can be longer than the file: nothing ends the chunk, so it is all that is left.
      if (!isEnd && window.length < MAX_WINDOW_BYTES) return undefined;
      length = MAX_CHUNK_BYTES;
    }
    if (length > window.length && !isEnd) {
      this.#length = length;
      this.#windowBytes = length;
      return undefined;
    }
    const result = Math.min(length, window.length);
    this.#advance(result);
    return result;
  }

  #advance(length: number): void {
    this.#parts.pass(length);
    this.#searchedBytes = 0;
    this.#divisions = [];
    this.#length = this.#decide(undefined);
    if (this.#length !== undefined) this.#windowBytes = this.#length;
  }

  /** Undefined when more of the file must be known; then `windowBytes` says how much. */
  #decide(window: Uint8Array | undefined): number | undefined {
    const part = this.#parts.at(0);
    if (part === undefined) return undefined;
    const isBig = this.#isBig(part);
    if (isBig === undefined) return undefined;
    if (!isBig) return this.#shareChunk();
    if (part.cut === "fixed") return this.#cutFixed(part);
    return this.#parts.isInLast ? this.#cutLast(window) : this.#cutContent(part, window);
  }

  #cutFixed(part: Part): number | undefined {
    if (part.end >= TARGET_CHUNK_BYTES + MIN_CHUNK_BYTES) return TARGET_CHUNK_BYTES;
    if (!part.isComplete) return this.#want(TARGET_CHUNK_BYTES + MIN_CHUNK_BYTES);
    return this.#endPart(part);
  }

  /** What is left after a cut is long enough to be a chunk. */
  #cutContent(part: Part, window: Uint8Array | undefined): number | undefined {
    const last = Math.min(MAX_CHUNK_BYTES, part.end - MIN_CHUNK_BYTES);
    const found = this.#search(window, last);
    if (found !== undefined) return found;
    if (window === undefined || window.length < last) return this.#wantStep();
    if (part.end >= LOOK_AHEAD_BYTES) return MAX_CHUNK_BYTES;
    if (!part.isComplete) return this.#wantStep();
    return part.end <= MAX_CHUNK_BYTES - MIN_CHUNK_BYTES ? this.#endPart(part) : last;
  }

  #cutLast(window: Uint8Array | undefined): number | undefined {
    const found = this.#search(window, MAX_CHUNK_BYTES);
    if (found !== undefined) return found;
    // That the end is known says nothing of the content up to there.
    if (window !== undefined && (this.#parts.isEnd || window.length >= MAX_CHUNK_BYTES))
      return MAX_CHUNK_BYTES;
    const step = Math.max(TARGET_CHUNK_BYTES, this.#searchedBytes + WINDOW_STEP_BYTES);
    this.#windowBytes = Math.min(step, MAX_CHUNK_BYTES);
    return undefined;
  }

  #wantStep(): undefined {
    return this.#want(Math.max(TARGET_CHUNK_BYTES, this.#parts.seenBytes + WINDOW_STEP_BYTES));
  }

  #search(window: Uint8Array | undefined, last: number): number | undefined {
    if (window === undefined) return undefined;
    const found = contentCut(window, this.#searchedBytes + 1, last);
    this.#searchedBytes = Math.min(window.length, Math.max(last, 0));
    return found;
  }

  /** The rest of a part that is too long to share a chunk from its beginning; small ones that follow may join it. */
  #endPart(part: Part): number | undefined {
    if (part.standsAlone) return part.end;
    let end = part.end;
    for (let index = 1; ; index += 1) {
      const next = this.#parts.at(index);
      if (next === undefined) return end;
      // Whether it is big or not, the chunk ends here.
      if (end === part.end && next.end - part.end >= MIN_CHUNK_BYTES) return part.end;
      const isBig = this.#isBig(next);
      if (isBig === undefined) return undefined;
      if (isBig) return end;
      if (next.end - part.end >= MIN_CHUNK_BYTES) return part.end;
      end = next.end;
    }
  }

  #shareChunk(): number | undefined {
    // What has been looked at need not be again when more is known.
    for (let index = this.#divisions.length + 1; ; index += 1) {
      const next = this.#parts.at(index);
      if (next === undefined) {
        const at = this.#parts.at(index - 1)?.end ?? this.#parts.seenBytes;
        return chooseDivision([...this.#divisions, { at, hash: undefined, isEnd: true }]);
      }
      if (next.begin > LOOK_AHEAD_BYTES) return chooseDivision(this.#divisions);
      const isBig = this.#isBig(next);
      if (isBig === undefined) return undefined;
      this.#divisions.push({ at: next.begin, hash: next.hash, isEnd: isBig });
      if (isBig) return chooseDivision(this.#divisions);
    }
  }

  /** Whether chunks begin where the part does. */
  #isBig(part: Part): boolean | undefined {
    const bigBytes = part.standsAlone ? MIN_CHUNK_BYTES : TARGET_CHUNK_BYTES;
    if (part.end - part.begin >= bigBytes || part.end > LOOK_AHEAD_BYTES) return true;
    if (part.isComplete) return false;
    return this.#want(Math.min(part.begin + bigBytes, LOOK_AHEAD_BYTES + 1));
  }

  #want(bytes: number): undefined {
    const { seenBytes } = this.#parts;
    const more = bytes > seenBytes ? bytes : seenBytes + WINDOW_STEP_BYTES;
    this.#windowBytes = Math.min(this.#parts.withSlack(more), MAX_WINDOW_BYTES);
    return undefined;
  }
}
