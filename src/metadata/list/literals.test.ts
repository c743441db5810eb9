import { describe, expect, test } from "bun:test";
import { parseTime } from "./literals.ts";

describe("parseTime", () => {
  const midnight = Date.UTC(2026, 0, 31) * 1000;
  const cases: readonly (readonly [text: string, micros: number | undefined])[] = [
    ["2026-01-31", midnight],
    ["2026-01-31T00:00", midnight],
    ["2026-01-31 00:00:00", midnight],
    ["2026-01-31T00:00:00Z", midnight],
    ["2026-01-31T00:00:00.000001Z", midnight + 1],
    ["2026-01-31T00:00:00.1z", midnight + 100_000],
    ["2026-01-31T00:00:00.123456789Z", midnight + 123_456],
    ["2026-01-31T02:00:00+02:00", midnight],
    ["2026-01-30T19:00:00-0500", midnight],
    ["1969-12-31T23:59:59.5Z", -500_000],
    ["2024-02-29", Date.UTC(2024, 1, 29) * 1000],
    ["2026-02-29", undefined],
    ["2026-13-01", undefined],
    ["2026-01-31T24:01:00Z", undefined],
    ["2026-01-31T10", undefined],
    ["31.01.2026", undefined],
    ["2026-01-31T00:00:00Z ", undefined],
    ["", undefined],
  ];
  for (const [text, micros] of cases) {
    test(`"${text}" is ${micros === undefined ? "no time" : micros}`, () =>
      expect(parseTime(text)).toBe(micros));
  }
});
