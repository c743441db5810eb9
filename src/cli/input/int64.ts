import { UsageError } from "../output/usage-error.ts";

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** A whole number that fits into 64 bits. */
export function parseInt64(text: string): bigint {
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new UsageError(`"${text}" is not a whole number`);
  const value = BigInt(text.replace("+", ""));
  if (value < MIN_INT64 || value > MAX_INT64) throw new UsageError(`${text} does not fit into 64 bits`);
  return value;
}
