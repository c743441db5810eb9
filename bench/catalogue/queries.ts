import type { CatalogueData } from "../../src/metadata/testing/catalogue-data.ts";
import { catalogueShapes } from "../../src/metadata/testing/catalogue-shapes.ts";

/** A list of versions, without the page. */
export interface VersionQuery {
  readonly name: string;
  readonly model: string;
  readonly filter: string;
  readonly orderBy: string;
  /** Pages of the largest size that come before the one that is measured; fewer where there are fewer. */
  readonly pagesBefore: number;
  /** Whether it may find nothing. */
  readonly mayBeEmpty: boolean;
  /** Whether docs/query-catalogue.md promises that size does not matter; else a call keeps to its budget, no more. */
  readonly promised: boolean;
}

const bigModel = "bench/big";
const wholeNamespace = "bench/-";
/** No index has a label together with another label, or with the order of a metric. */
const notPromised: ReadonlySet<string> = new Set([
  "label and metric order",
  "two labels",
  "label, metric and order",
]);
/** Versions that the shapes with "few" in their name are about. */
const few = 20;

/** The shapes that docs/query-catalogue.md has figures for, and a page far from the first. */
export function catalogueQueries(data: CatalogueData): readonly VersionQuery[] {
  const middle = new Date(data.middle / 1000).toISOString();
  const queries = catalogueShapes.map(({ name, filter, order, scope }) => ({
    name: scope === "parent" ? name : `${name}, in the namespace`,
    model: scope === "parent" ? bigModel : wholeNamespace,
    filter: filter.replace("$middle", middle).replace("$few", String(few / data.count)),
    orderBy: order,
    pagesBefore: 0,
    // Tags are on versions of other models.
    mayBeEmpty: name === "tag" && scope === "parent",
    promised: !notPromised.has(name),
  }));
  const farPage: VersionQuery = {
    ...query("a page far from the first", ""),
    pagesBefore: 100,
    mayBeEmpty: false,
    promised: true,
  };
  return [...queries, farPage];
}

/** No index serves these; a call ends when its budget is spent. */
export const otherQueries: readonly VersionQuery[] = [
  query("text in the description, nothing found", 'description LIKE "%nothing of this kind%"'),
  query("title in any case, nothing found", 'name ILIKE "%NOTHING%"'),
  query("neither label nor title", 'NOT (labels.env IN ("prod", "staging", "dev") OR name = "none")'),
];

function query(name: string, filter: string): VersionQuery {
  return { name, model: bigModel, filter, orderBy: "", pagesBefore: 0, mayBeEmpty: true, promised: false };
}
