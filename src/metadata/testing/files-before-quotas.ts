/** Files as a database without quotas may have them: id, namespace (both hexadecimal), size and URI. */
export const filesBeforeQuotas = [
  ["10", "AA", 3_000_000_000_000, ""],
  ["11", "AA", 5, ""],
  ["12", "AA", 1_000_000, "s3://bucket/tracked"],
  ["13", "BB", 7, ""],
  ["14", "CC", -1, "s3://bucket/of-unknown-size"],
] as const;

/** What the sums of their namespaces are then: namespace, files and bytes. */
export const sumsAfterQuotas: string[][] = [
  ["AA", "2", "3000000000005"],
  ["BB", "1", "7"],
];
