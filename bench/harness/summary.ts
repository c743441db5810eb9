import type { Figure, Report } from "./bench.ts";
import { formatAim, formatValue } from "./report.ts";
import { isMet } from "./statistics.ts";

/** How a bench ended. */
export interface Outcome {
  readonly bench: string;
  readonly durationMs: number;
  readonly ending:
    | { readonly type: "measured"; readonly report: Report }
    | { readonly type: "skipped"; readonly reason: string }
    | { readonly type: "failed"; readonly reason: string };
}

/** The end of a run: one line per bench, then each aim that was missed. */
export function formatSummary(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ bench }) => bench.length));
  const lines = outcomes.map(
    (outcome) =>
      `  ${outcome.bench.padEnd(width)}  ${(outcome.durationMs / 1e3).toFixed(0).padStart(5)} s  ${endingOf(outcome)}`,
  );
  const missed = outcomes.flatMap((outcome) =>
    figuresOf(outcome)
      .filter((figure) => isMet(figure) === false)
      .map(
        (figure) => `  ${outcome.bench}: ${figure.name}: ${formatValue(figure)}, aim ${formatAim(figure)}`,
      ),
  );
  return ["Summary", ...lines, ...(missed.length > 0 ? ["Missed", ...missed] : [])].join("\n");
}

function endingOf(outcome: Outcome): string {
  const { ending } = outcome;
  if (ending.type === "skipped") return `skipped: ${ending.reason}`;
  if (ending.type === "failed") return `DID NOT WORK: ${ending.reason}`;
  const results = figuresOf(outcome).map(isMet);
  const aims = results.filter((result) => result !== undefined).length;
  if (aims === 0) return "works";
  const met = results.filter((result) => result === true).length;
  return met === aims ? `all ${aims} aims met` : `${met} of ${aims} aims met`;
}

function figuresOf({ ending }: Outcome): readonly Figure[] {
  return ending.type === "measured" ? ending.report.figures : [];
}
