/** A part of all chunks. */
export type Subset =
  | { readonly type: "percent"; readonly percent: number }
  | { readonly type: "group"; readonly group: number; readonly groups: number };

const MAX_GROUPS = 10_000;

/** `5%`, or `2/10` for the second of ten groups; undefined for any other text. */
export function parseSubset(text: string): Subset | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) {
    const value = Number(percent);
    return value > 0 && value <= 100 ? { type: "percent", percent: value } : undefined;
  }
  const [, group, groups] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (group === undefined || groups === undefined) return undefined;
  return group >= 1 && group <= groups && groups <= MAX_GROUPS ? { type: "group", group, groups } : undefined;
}

/**
 * Tells which chunks are in the subset: for a percentage by chance, another one for each seed; of groups each chunk is in
 * exactly one, always the same.
 */
export function membership(subset: Subset, seed: number): (digest: string) => boolean {
  if (subset.type === "percent") {
    const limit = (subset.percent / 100) * 2 ** 32;
    return (digest) => Bun.hash.xxHash32(digest, seed) < limit;
  }
  const { group, groups } = subset;
  return (digest) => Number.parseInt(digest.slice(0, 8), 16) % groups === group - 1;
}
