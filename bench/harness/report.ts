import type { Figure, Report, Sample, Unit } from "./bench.ts";
import type { Machine } from "./machine.ts";
import { isMet, median, noise, ratio } from "./statistics.ts";

const columns = ["figure", "ModelBox", "compared with", "", "ratio", "aim", "result"] as const;

/** A table for people; the second peer column holds its figure. */
export function formatReport(report: Report): string {
  const rows = [columns, ...report.figures.map(row)];
  const widths = columns.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1), "", ...report.notes.map((note) => `· ${note}`)].join("\n");
}

function row(figure: Figure): string[] {
  const share = ratio(figure);
  const met = isMet(figure);
  return [
    figure.name,
    formatSample(figure.ours, figure.unit),
    figure.peer?.name ?? "",
    figure.peer ? formatSample(figure.peer.sample, figure.unit) : "",
    share === undefined ? "" : share.toFixed(2),
    figure.aim ? formatAim(figure) : "",
    met === undefined ? "" : met ? "met" : "MISSED",
  ];
}

/** The bound of a figure; empty when it has none. */
export function formatAim({ aim, unit }: Figure): string {
  if (!aim) return "";
  const sign = aim.bound === "at least" ? "≥" : "≤";
  return aim.of === "ratio" ? `${sign} ${aim.limit}` : `${sign} ${aim.limit} ${unit}`;
}

/** What a figure's aim is about: its median, or the ratio to its peer. */
export function formatValue(figure: Figure): string {
  if (figure.aim?.of === "ratio") return formatNumber(ratio(figure) ?? Number.NaN);
  return formatSample(figure.ours, figure.unit);
}

function formatSample(sample: Sample, unit: Unit): string {
  const spread = sample.length > 1 ? ` ±${(noise(sample) * 100).toFixed(0)}%` : "";
  return `${formatNumber(median(sample))} ${unit}${spread}`;
}

function formatNumber(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** For a smoke run, whose speed says nothing. */
export function withoutAims(report: Report): Report {
  return { ...report, figures: report.figures.map(({ aim: _aim, ...figure }) => figure) };
}

/** One line about where the figures come from. */
export function formatMachine(machine: Machine): string {
  const memory = `${(machine.memoryBytes / 1024 ** 3).toFixed(0)} GiB`;
  return `${machine.processors} × ${machine.processorModel}, ${memory}, ${machine.kernel}, ${machine.fileSystem}`;
}

/** Figures that can't have been measured; a smoke run fails on them. */
export function implausible(report: Report): readonly string[] {
  return report.figures
    .filter(
      ({ ours, peer }) =>
        ![...ours, ...(peer?.sample ?? [0.1])].every((value) => Number.isFinite(value) && value > 0),
    )
    .map(({ name }) => name);
}

/** For programs: all values, with medians, ratios and results. */
export function toJson(bench: string, report: Report, machine: Machine): string {
  const figures = report.figures.map((figure) => ({
    ...figure,
    median: median(figure.ours),
    peerMedian: figure.peer && median(figure.peer.sample),
    ratio: ratio(figure),
    met: isMet(figure),
  }));
  return `${JSON.stringify({ bench, at: new Date().toISOString(), machine, figures, notes: report.notes }, null, 2)}\n`;
}
