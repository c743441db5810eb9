import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { MAX_LEASE_TTL_MS, MIN_LEASE_TTL_MS } from "../../../domain/limits.ts";

const MICROS_PER_SECOND = 1_000_000n;
const NANOS_PER_MICRO = 1_000;
const MAX_NANOS = 999_999_999;

/** A whole number from 0 on that a double holds exactly. */
export const count = z.bigint().transform((value, context): number => {
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  context.addIssue({ code: "custom", message: `must be from 0 to ${Number.MAX_SAFE_INTEGER}, is ${value}` });
  return z.NEVER;
});

/** How many bytes a namespace may have, or null when that is not set. */
export const quotaBytes = z
  .bigint()
  .optional()
  .transform((value) => value ?? null)
  .pipe(z.union([z.null(), count]));

/** The same in an update, where "" clears it. */
export const newQuotaBytes = z.union([z.literal("").transform(() => null), count]);

/** Microseconds of a time, or undefined when it is not set. */
export const time = z
  .custom<Timestamp>()
  .optional()
  .transform((timestamp, context): number | undefined => {
    if (timestamp === undefined) return undefined;
    const { seconds, nanos } = timestamp;
    const micros = seconds * MICROS_PER_SECOND + BigInt(Math.floor(nanos / NANOS_PER_MICRO));
    const inside = micros >= BigInt(Number.MIN_SAFE_INTEGER) && micros <= BigInt(Number.MAX_SAFE_INTEGER);
    if (inside && nanos >= 0 && nanos <= MAX_NANOS) return Number(micros);
    context.addIssue({ code: "custom", message: "must be a time between the years 1685 and 2255" });
    return z.NEVER;
  });

/** Milliseconds of a lease's life, or undefined when it is not set. */
export const leaseTtl = z
  .custom<Duration>()
  .optional()
  .transform((duration, context): number | undefined => {
    if (duration === undefined) return undefined;
    const milliseconds = Number(duration.seconds) * 1_000 + Math.floor(duration.nanos / 1_000_000);
    if (milliseconds >= MIN_LEASE_TTL_MS && milliseconds <= MAX_LEASE_TTL_MS) return milliseconds;
    const [least, most] = [MIN_LEASE_TTL_MS / 1_000, MAX_LEASE_TTL_MS / 3_600_000];
    context.addIssue({ code: "custom", message: `must be from ${least} seconds to ${most} hours` });
    return z.NEVER;
  });
