import { InvalidInputError } from "../errors.ts";

const MAX_PATTERNS = 1_000;

interface Pattern {
  readonly text: string;
  readonly glob: Bun.Glob;
  /** A pattern without a slash is about the last part of a path. */
  readonly isAboutName: boolean;
}

/**
 * Chooses files by glob patterns: one with a slash is about the whole path (`weights/*.bin`, `weights/**`), one without
 * about the file's own name in any folder (`*.safetensors`). No patterns choose all.
 */
export class PathFilter {
  readonly #patterns: readonly Pattern[];
  readonly #unused: Set<string>;

  constructor(patterns: readonly string[]) {
    if (patterns.length > MAX_PATTERNS) throw new InvalidInputError(`Give at most ${MAX_PATTERNS} patterns.`);
    this.#patterns = patterns.map((text) => ({
      text,
      glob: new Bun.Glob(text),
      isAboutName: !text.includes("/"),
    }));
    this.#unused = new Set(patterns);
  }

  matches(path: string): boolean {
    if (this.#patterns.length === 0) return true;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const hits = this.#patterns.filter(({ glob, isAboutName }) => glob.match(isAboutName ? name : path));
    for (const { text } of hits) this.#unused.delete(text);
    return hits.length > 0;
  }

  /** Call it after the last path: a pattern that chose nothing is a mistake that the user must see. */
  refuseUnused(): void {
    const [unused] = this.#unused;
    if (unused === undefined) return;
    throw new InvalidInputError(`No file matches "${unused}"; list the files to see their paths.`);
  }
}
