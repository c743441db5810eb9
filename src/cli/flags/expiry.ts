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
    const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
    const micros = Number(count) * (MICROS_PER_UNIT[unit] ?? Number.NaN);
    if (!(micros > 0))
      throw new UsageError(`"${text}" is not a length of time; write for example 90d, 12h or 30m`);
    return Date.now() * 1000 + micros;
  },
});
