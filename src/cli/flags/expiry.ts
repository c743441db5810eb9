import { Flags } from "@oclif/core";
import { UsageError } from "../output/usage-error.ts";

const MICROS_PER_UNIT: Readonly<Record<string, number>> = {
  s: 1e6,
  m: 60e6,
  h: 3_600e6,
  d: 24 * 3_600e6,
};

/** A flag whose time from now becomes microseconds since 1970. */
export const expiryFlag = Flags.custom<number>({
  helpValue: "<time>",
  parse: async (text) => {
    const micros = microsOf(text);
    if (micros === 0) throw notATime(text);
    return Date.now() * 1000 + micros;
  },
});

/** A flag with a length of time, which becomes milliseconds; `0` has no unit. */
export const durationFlag = Flags.custom<number>({
  helpValue: "<time>",
  parse: async (text) => (text === "0" ? 0 : microsOf(text) / 1000),
});

function microsOf(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const micros = Number(count) * (MICROS_PER_UNIT[unit] ?? Number.NaN);
  if (Number.isNaN(micros)) throw notATime(text);
  return micros;
}

function notATime(text: string): UsageError {
  return new UsageError(`"${text}" is not a length of time; write for example 90d, 12h or 30m`);
}
