import { MAX_LISTED_NAMES } from "./limits.ts";

/** The first names, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const more = names.length - MAX_LISTED_NAMES;
  const listed = names.slice(0, MAX_LISTED_NAMES).join(", ");
  return more > 0 ? `${listed} and ${more} more` : listed;
}
