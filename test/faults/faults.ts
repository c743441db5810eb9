import type { Random } from "./random.ts";

export type Operation =
  | "open"
  | "rename"
  | "unlink"
  | "makeFolders"
  | "stat"
  | "entries"
  | "read"
  | "write"
  | "sync"
  | "close"
  | "database"
  | "request";

/** How the operating system fails each; the database's failures have tests of their own. */
const FAILURES: Readonly<Record<Operation, readonly string[]>> = {
  open: ["EIO", "ENOSPC", "EMFILE"],
  rename: ["EIO", "ENOSPC"],
  unlink: ["EIO"],
  makeFolders: ["ENOSPC", "EIO"],
  stat: ["EIO"],
  entries: ["EIO"],
  read: ["EIO"],
  write: ["ENOSPC", "EIO"],
  sync: ["EIO", "ENOSPC"],
  close: ["EDQUOT"],
  database: [],
  // Of an object store: answers, a connection that is dropped, one that is dropped after it was all done, half a body.
  request: ["500", "503", "drop", "lost", "cut"],
};

/** Steps that are kept for whoever looks into a failure. */
const MAX_TRACE_LINES = 5_000;

/** The process ended here: nothing that it was about to do is done. */
export class KilledError extends Error {
  override readonly name = "KilledError";
}

/** Decides by a seed what goes wrong. */
export class Faults {
  readonly random: Random;
  /** How probable a failure is at each step. */
  rate = 0;
  readonly #trace: string[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  get trace(): readonly string[] {
    return this.#trace;
  }

  note(line: string): void {
    this.#trace.push(line);
    if (this.#trace.length > MAX_TRACE_LINES) this.#trace.shift();
  }
}

/** The steps of one process towards disk and database: any of them may fail, or be its last. */
export class Steps {
  readonly faults: Faults;
  #left = Number.POSITIVE_INFINITY;

  constructor(faults: Faults) {
    this.faults = faults;
  }

  get isKilled(): boolean {
    return this.#left <= 0;
  }

  /** Lets the process end instead of its next step but so many. */
  killAfter(steps: number): void {
    this.#left = steps;
  }

  kill(): void {
    this.#left = 0;
  }

  /** Throws when the process is gone, or when this step fails. */
  take(operation: Operation, on: string): void {
    if (this.isKilled) throw new KilledError("the process is gone");
    const { faults } = this;
    this.#left -= 1;
    faults.note(`${operation} ${on}`);
    if (this.isKilled) throw new KilledError("the process is gone");
    const codes = FAILURES[operation];
    if (codes.length === 0 || !faults.random.chance(faults.rate)) return;
    const code = faults.random.pick(codes);
    faults.note(`  failed: ${code}`);
    throw systemError(code, on);
  }

  /** How many of so many bytes a read or write takes now. */
  shorten(sizeBytes: number): number {
    const { random, rate } = this.faults;
    return sizeBytes > 1 && random.chance(rate * 3) ? 1 + random.below(sizeBytes - 1) : sizeBytes;
  }
}

/** An error as calls of the operating system throw it. */
export function systemError(code: string, on: string): Error {
  return Object.assign(new Error(`${code}: made up, ${on}`), { code });
}
