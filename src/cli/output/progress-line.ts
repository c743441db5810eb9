import type { TransferProgress } from "../../client/index.ts";
import { formatBytes, formatDuration } from "./format.ts";

const REDRAW_MS = 100;
/** The speed is that of the last seconds, so that a pause or a burst shows. */
const SPEED_WINDOW_MS = 5_000;
/** Takes away what stands on the line. */
export const CLEAR_LINE = "\r\u001b[K";

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Draws one line with bytes, speed and time left on standard error, while that is a terminal; else nothing. */
export class ProgressLine implements Disposable {
  readonly #label: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  readonly #unit: string;
  #samples: readonly Sample[] = [];
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(
    label: string,
    stream: NodeJS.WriteStream = process.stderr,
    now: () => number = () => performance.now(),
    unit = "files",
  ) {
    this.#label = label;
    this.#stream = stream;
    this.#now = now;
    this.#unit = unit;
  }

  /** Takes the newest state; draws it when the last drawing is old enough. */
  update(progress: TransferProgress): void {
    const atMs = this.#now();
    if (!this.#isDue(atMs)) return;
    const recent = this.#samples.filter((sample) => atMs - sample.atMs <= SPEED_WINDOW_MS);
    this.#samples = [...recent, { atMs, bytes: progress.doneBytes }];
    this.#draw(progressText(this.#label, progress, speedOf(this.#samples), this.#unit));
  }

  /** As `update`, for what is not counted in bytes. */
  say(text: string): void {
    if (this.#isDue(this.#now())) this.#draw(`${this.#label}: ${text}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR_LINE);
    this.#isShown = false;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #isDue(atMs: number): boolean {
    if (!this.#stream.isTTY || atMs - this.#drawnAtMs < REDRAW_MS) return false;
    this.#drawnAtMs = atMs;
    return true;
  }

  #draw(line: string): void {
    this.#stream.write(`${CLEAR_LINE}${line.slice(0, Math.max(0, (this.#stream.columns || 80) - 1))}`);
    this.#isShown = true;
  }
}

/** `Uploading 1.2 GiB of 4.0 GiB (30%), 3 of 12 files, 210.0 MiB/s, 14s left`. */
export function progressText(
  label: string,
  progress: TransferProgress,
  bytesPerSecond: number | undefined,
  unit = "files",
): string {
  const { doneBytes, totalBytes, doneFiles, totalFiles } = progress;
  const percent = totalBytes > 0 ? ` (${Math.floor((100 * doneBytes) / totalBytes)}%)` : "";
  const parts = [
    `${label} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${percent}`,
    `${doneFiles} of ${totalFiles} ${unit}`,
  ];
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(`${formatBytes(Math.round(bytesPerSecond))}/s`);
    parts.push(`${formatDuration((1000 * (totalBytes - doneBytes)) / bytesPerSecond)} left`);
  }
  return parts.join(", ");
}

function speedOf(samples: readonly Sample[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.atMs === first.atMs) return undefined;
  return (1000 * (last.bytes - first.bytes)) / (last.atMs - first.atMs);
}
