import { expect, test } from "bun:test";
import type { Figure } from "./bench.ts";
import { formatSummary } from "./summary.ts";

const upload: Figure = {
  name: "upload",
  unit: "MB/s",
  ours: [224],
  peer: { name: "cp", sample: [864] },
  aim: { of: "ratio", bound: "at least", limit: 0.75 },
};
const start: Figure = {
  name: "start",
  unit: "ms",
  ours: [19],
  aim: { of: "value", bound: "at most", limit: 60 },
};
const measured = (...figures: Figure[]) => ({ type: "measured", report: { figures, notes: [] } }) as const;

test("a run ends with each bench, and each aim that was missed", () => {
  const summary = formatSummary([
    { bench: "start", durationMs: 8_000, ending: measured(start, { ...start, ours: [20] }) },
    {
      bench: "blobs",
      durationMs: 100_000,
      ending: measured(upload, start, { name: "size", unit: "MB", ours: [1] }),
    },
    { bench: "memory", durationMs: 0, ending: { type: "skipped", reason: "no space" } },
    { bench: "catalogue", durationMs: 0, ending: { type: "failed", reason: "500" } },
  ]);
  expect(summary.split("\n")).toEqual([
    "Summary",
    "  start          8 s  all 2 aims met",
    "  blobs        100 s  1 of 2 aims met",
    "  memory         0 s  skipped: no space",
    "  catalogue      0 s  DID NOT WORK: 500",
    "Missed",
    "  blobs: upload: 0.26, aim ≥ 0.75",
  ]);
});

test("a smoke run has no aims to meet or miss", () => {
  const { aim: _aim, ...figure } = upload;
  const summary = formatSummary([{ bench: "blobs", durationMs: 1_000, ending: measured(figure) }]);
  expect(summary).toBe("Summary\n  blobs      1 s  works");
});
