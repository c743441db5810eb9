import { UsageError } from "../output/usage-error.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  "": 1n,
  b: 1n,
  kb: 10n ** 3n,
  mb: 10n ** 6n,
  gb: 10n ** 9n,
  tb: 10n ** 12n,
  pb: 10n ** 15n,
  kib: 1n << 10n,
  mib: 1n << 20n,
  gib: 1n << 30n,
  tib: 1n << 40n,
  pib: 1n << 50n,
};
const PATTERN = /^(?<whole>\d{1,16})(?:\.(?<fraction>\d{1,9}))?\s*(?<unit>[a-z]*)$/i;

/** A size such as `500GB`, `1.5 TiB` or `1048576`, in bytes; what is less than a byte is cut off. */
export function parseByteSize(text: string): bigint {
  const { whole = "", fraction = "", unit = "" } = PATTERN.exec(text.trim())?.groups ?? {};
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  if (whole === "" || factor === undefined)
    throw new UsageError(`"${text}" is not a size; write for example 500GB, 1.5TiB or 1048576`);
  const bytes = (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw new UsageError(`${text} is more than 8 PiB`);
  return bytes;
}
