import { Flags } from "@oclif/core";

const GROUP = "list";

/** Flags of every list. */
export const listFlags = {
  filter: Flags.string({
    summary: `Only what matches, for example 'labels.env = "prod" AND created_at > "2026-01-01"'.`,
    helpValue: "<filter>",
    helpGroup: GROUP,
  }),
  "order-by": Flags.string({
    summary: "Field to order by, with desc for the largest first, for example 'created_at desc'.",
    helpValue: "<field>",
    helpGroup: GROUP,
  }),
  ...pageFlagsOf(1000),
};

/** Flags of a list that has neither filter nor order. */
export function pageFlagsOf(maxPageSize: number) {
  return {
    limit: Flags.integer({
      summary: "How many to print at most, by as many calls as that takes.",
      min: 1,
      helpGroup: GROUP,
      exclusive: ["all", "page-size"],
    }),
    all: Flags.boolean({
      summary: "Print all, by as many calls as that takes.",
      helpGroup: GROUP,
    }),
    "page-size": Flags.integer({
      summary: "How many each call asks for.",
      min: 1,
      max: maxPageSize,
      helpGroup: GROUP,
    }),
    "page-token": Flags.string({
      summary: "Go on where an earlier list with the same other flags ended.",
      helpValue: "<token>",
      helpGroup: GROUP,
    }),
  };
}

/** What the flags of a list say. */
export interface PageFlags {
  readonly limit?: number | undefined;
  readonly all?: boolean | undefined;
  readonly "page-size"?: number | undefined;
  readonly "page-token"?: string | undefined;
}

/** The filter and order that the flags of a list ask for. */
export function queryOf(flags: {
  readonly filter?: string | undefined;
  readonly "order-by"?: string | undefined;
}): {
  filter: string;
  orderBy: string;
} {
  return { filter: flags.filter ?? "", orderBy: flags["order-by"] ?? "" };
}
