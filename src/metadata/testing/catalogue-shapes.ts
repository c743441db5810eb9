/** The shapes of docs/query-catalogue.md, as calls of a list of versions: for the catalogue's test and the bench. */
import type { ListQuery, ListScope } from "../../domain/metadata-store.ts";
import { parseFilter } from "../../domain/filter-parser.ts";
import type { CatalogueData } from "./catalogue-data.ts";

/** One row of the catalogue. */
export interface CatalogueShape {
  readonly name: string;
  readonly filter: string;
  /** As in order_by. */
  readonly order: string;
  readonly scope: "parent" | "namespace";
}

const NEWEST = "created_at desc";

/** Filters by what they are called; `$middle` stands for the creation time in the middle, `$few` for a value that 20 metrics are below. */
const FILTERS: readonly (readonly [name: string, filter: string, order: string])[] = [
  ["newest first", "", NEWEST],
  ["by version", "", "version"],
  ["recently updated", "", "updated_at desc"],
  ["one version", 'version = "17"', NEWEST],
  ["some versions", 'version IN ("17", "170", "999")', NEWEST],
  ["created after", 'created_at > "$middle"', NEWEST],
  ["created after, oldest first", 'created_at > "$middle"', "created_at"],
  ["label is text, frequent", 'labels.env = "prod"', NEWEST],
  ["label is text, rare", 'labels.team = "team-7"', NEWEST],
  ["label is number", "labels.seed = 421", NEWEST],
  ["label is true", "labels.release = true", NEWEST],
  ["label in numeric range, few", "labels.seed < 20", NEWEST],
  ["label in numeric range, many", "labels.seed >= 100", NEWEST],
  ["label is one of", 'labels.env IN ("prod", "staging")', NEWEST],
  ["label exists", 'labels HAS "env"', NEWEST],
  ["label does not exist", 'NOT labels HAS "retired"', NEWEST],
  ["tag", 'tags HAS "production"', NEWEST],
  ["best metric first", "", "metrics.loss"],
  ["worst metric first", "", "metrics.loss desc"],
  ["metric below, few", "metrics.loss < $few", NEWEST],
  ["metric below, many", "metrics.loss < 0.5", NEWEST],
  ["metric below, best first", "metrics.loss < 0.5", "metrics.loss"],
  ["label and metric order", 'labels.env = "prod"', "metrics.loss"],
  ["label and rest, many", 'labels.env = "prod" AND framework = "pytorch"', NEWEST],
  ["label and rest, few", 'labels.seed < 20 AND description LIKE "%hand%"', NEWEST],
  ["two labels", 'labels.env = "prod" AND labels.release = true', NEWEST],
  ["label and metric", 'labels.env = "dev" AND metrics.loss < 0.5', NEWEST],
  ["label and time", 'labels.env = "prod" AND created_at > "$middle"', NEWEST],
  ["label, metric and order", 'labels.team = "team-7" AND metrics.loss < 0.5', "metrics.loss"],
];

/** Every shape in a model, then every shape in a namespace. */
export const catalogueShapes: readonly CatalogueShape[] = (["parent", "namespace"] as const).flatMap(
  (scope) => FILTERS.map(([name, filter, order]) => ({ name, filter, order, scope })),
);

/** The index that each shape is served by, in a model and in a namespace; the same on every database. */
const INDEXES: Readonly<Record<string, readonly [parent: string, namespace: string]>> = {
  "newest first": ["versions_created", "versions_namespace_created"],
  "by version": ["versions_version", "versions_namespace_version"],
  "recently updated": ["versions_updated", "versions_namespace_updated"],
  "one version": ["versions_version", "versions_namespace_version"],
  "some versions": ["versions_version", "versions_namespace_version"],
  "created after": ["versions_created", "versions_namespace_created"],
  "created after, oldest first": ["versions_created", "versions_namespace_created"],
  "label is text, frequent": ["labels_parent", "labels_namespace"],
  "label is text, rare": ["labels_parent", "labels_namespace"],
  "label is number": ["labels_parent", "labels_namespace"],
  "label is true": ["labels_parent", "labels_namespace"],
  "label in numeric range, few": ["labels_parent", "labels_namespace"],
  "label in numeric range, many": ["versions_created", "versions_namespace_created"],
  "label is one of": ["versions_created", "versions_namespace_created"],
  "label exists": ["versions_created", "versions_namespace_created"],
  "label does not exist": ["versions_created", "versions_namespace_created"],
  tag: ["tag_assignments_current", "tag_assignments_namespace"],
  "best metric first": ["metric_series_parent", "metric_series_namespace"],
  "worst metric first": ["metric_series_parent", "metric_series_namespace"],
  "metric below, few": ["metric_series_parent", "metric_series_namespace"],
  "metric below, many": ["versions_created", "versions_namespace_created"],
  "metric below, best first": ["metric_series_parent", "metric_series_namespace"],
  "label and metric order": ["labels_parent", "labels_namespace"],
  "label and rest, many": ["labels_parent", "labels_namespace"],
  "label and rest, few": ["labels_parent", "labels_namespace"],
  "two labels": ["labels_parent", "labels_namespace"],
  "label and metric": ["labels_parent", "labels_namespace"],
  "label and time": ["labels_parent", "labels_namespace"],
  "label, metric and order": ["labels_parent", "labels_namespace"],
};

/** Throws when none is named for it. */
export function indexOfShape({ name, scope }: CatalogueShape): string {
  const index = INDEXES[name]?.[scope === "parent" ? 0 : 1];
  if (index === undefined) throw new Error(`no index is named for the shape "${name}"`);
  return index;
}

/** The list call of a shape. */
export function shapeQuery(shape: CatalogueShape, data: CatalogueData, limit: number): ListQuery {
  const scope: ListScope =
    shape.scope === "parent"
      ? { type: "parent", id: data.modelId }
      : { type: "namespace", id: data.namespaceId };
  const middle = new Date(data.middle / 1000).toISOString();
  const [field = "", direction] = shape.order.split(" ");
  return {
    scope,
    filter: parseFilter(shape.filter.replace("$middle", middle).replace("$few", String(20 / data.count))),
    orderBy: { field, descending: direction === "desc" },
    limit,
  };
}
