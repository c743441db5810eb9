import { ProgressLine } from "../output/progress-line.ts";

/** How far a command has got that moves all chunks of a server. */
interface ChunkProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneChunks: number;
  readonly totalChunks: number;
}

/** A line of progress on the terminal, and what to call with each state. */
export class ChunkProgressLine implements Disposable {
  readonly #line: ProgressLine;

  constructor(label: string) {
    this.#line = new ProgressLine(label, process.stderr, () => performance.now(), "chunks");
  }

  readonly update = ({ doneChunks, totalChunks, ...bytes }: ChunkProgress): void =>
    this.#line.update({
      ...bytes,
      transferredBytes: bytes.doneBytes,
      doneFiles: doneChunks,
      totalFiles: totalChunks,
    });

  readonly updateRows = (step: "copied" | "compared", rows: number): void =>
    this.#line.say(`${rows} rows ${step}`);

  clear(): void {
    this.#line.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
