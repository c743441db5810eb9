import type { Machine } from "./machine.ts";

/** One thing that is measured, with everything that is compared in it. */
export interface Bench {
  /** As it is named on the command line. */
  readonly name: string;
  /** What it measures, in one line. */
  readonly title: string;
  run(context: BenchContext): Promise<Report>;
}

/** What a bench runs with. */
export interface BenchContext {
  /** Tiny sizes: shows that everything works, says nothing about speed. */
  readonly smoke: boolean;
  /** Absolute path of the executable that is measured. */
  readonly executable: string;
  /** An empty folder of its own; it is removed afterwards. */
  readonly folder: string;
  /** A folder for data that is expensive to make and may be used again; undefined: keep nothing. */
  readonly cacheFolder: string | undefined;
  readonly machine: Machine;
  /** Tells what is going on; goes to standard error. */
  readonly log: (line: string) => void;
}

/** What a bench found. */
export interface Report {
  readonly figures: readonly Figure[];
  /** Conditions that a reader must know to make sense of the figures. */
  readonly notes: readonly string[];
}

/** A figure of ModelBox, and what it is compared with. */
export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly ours: Sample;
  readonly peer?: { readonly name: string; readonly sample: Sample };
  readonly aim?: Aim;
}

export type Unit = "MB/s" | "MB" | "ms" | "µs" | "calls/s";

/** Results of repeated measurements in the unit of their figure. Never empty. */
export type Sample = readonly number[];

/** What a figure should reach: a bound for its own value, or for its ratio to the peer's. */
export interface Aim {
  readonly of: "value" | "ratio";
  readonly bound: "at least" | "at most";
  readonly limit: number;
}

/** Ends a bench that can't run on this machine; the others go on. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}
