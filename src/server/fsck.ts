import { systemClock } from "../domain/clock.ts";
import { failedPrecondition, invalid } from "../domain/errors.ts";
import type { CheckOptions } from "../service/fsck/check.ts";
import { fsck } from "../service/fsck/fsck.ts";
import { Mender } from "../service/fsck/mend.ts";
import { isClean, type Report } from "../service/fsck/report.ts";
import { membership, parseSubset } from "../service/fsck/subset.ts";
import { openBeside, type ServerConfig } from "./context.ts";
import { placesOf, type Places } from "./places.ts";

export interface ServerFsckOptions extends Pick<CheckOptions, "signal" | "onProgress"> {
  /** Reads and hashes bytes: `100%`, `5%`, `2/10`; undefined reads none. */
  readonly readData: string | undefined;
  /** Chooses the chunks of a percentage; undefined for one by chance. */
  readonly seed: number | undefined;
  readonly repair: boolean;
  /** Where right bytes may be, for repairs. */
  readonly from: ServerConfig | undefined;
}

/** The JSON report of `server fsck`; docs/operations.md describes it. */
export interface ServerFsck extends Report {
  readonly storage: Places;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly readData: { readonly part: string; readonly seed: number } | null;
  readonly repair: boolean;
  readonly clean: boolean;
}

const SEEDS = 2 ** 32;

/** Checks what a configuration names, whether servers run on it or not. */
export async function checkServer(config: ServerConfig, options: ServerFsckOptions): Promise<ServerFsck> {
  const { readData: part, repair, from, signal, onProgress } = options;
  const subset = part === undefined ? undefined : parseSubset(part);
  if (part !== undefined && subset === undefined) {
    throw invalid(
      "--read-data-subset",
      `is ${part}; write for example 5% for a part by chance, or 2/10 for a tenth`,
    );
  }
  if (repair && config.readOnly) {
    throw failedPrecondition(
      "READ_ONLY",
      "read_only = true: nothing is repaired here; leave out --repair, or set it to false.",
    );
  }
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  if (seed >= SEEDS) throw invalid("--seed", `is ${seed}; it must be below ${SEEDS}`);
  const clock = systemClock();
  const startedAt = timeOf(clock.nowMicros());
  await using storage = await openBeside(config, clock, false);
  await using other = from === undefined ? undefined : await openBeside(from, clock, false);
  const report = await fsck({
    storage,
    clock,
    isRead: subset === undefined ? () => false : membership(subset, seed),
    mender: repair ? new Mender(storage, clock, other) : undefined,
    signal,
    onProgress,
  });
  return {
    storage: placesOf(config),
    startedAt,
    finishedAt: timeOf(clock.nowMicros()),
    readData: part === undefined ? null : { part, seed },
    repair,
    clean: isClean(report),
    ...report,
  };
}

function timeOf(micros: number): string {
  return new Date(micros / 1000).toISOString();
}
