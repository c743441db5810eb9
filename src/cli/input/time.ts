import { UsageError } from "../output/usage-error.ts";

/** A time as the API takes it. */
export interface TimestampInit {
  readonly seconds: bigint;
  readonly nanos: number;
}

const TIME_PATTERN =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<clock>\d{2}:\d{2}(?::\d{2})?)(?<fraction>\.\d{1,9})?(?<zone>Z|[+-]\d{2}:\d{2})?)?$/i;

/** Reads RFC 3339; without a zone it is UTC, without a time of day the first moment of the day. */
export function parseTime(text: string): TimestampInit {
  const { date, clock = "00:00", fraction = ".", zone = "Z" } = TIME_PATTERN.exec(text)?.groups ?? {};
  const milliseconds = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  if (date === undefined || Number.isNaN(milliseconds)) {
    throw new UsageError(`"${text}" is not a time; write for example 2026-11-23T12:00:00Z`);
  }
  return { seconds: BigInt(milliseconds / 1000), nanos: Number(fraction.slice(1).padEnd(9, "0")) };
}
