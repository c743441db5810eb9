import type { LineageNode } from "../../gen/modelbox/v1/lineage_service_pb.ts";
import type { ModelVersion } from "../../gen/modelbox/v1/model_version_service_pb.ts";
import { formatTime } from "../output/format.ts";
import type { View } from "../output/output.ts";
import {
  artifactDetail,
  createdColumn,
  idColumn,
  labelDetails,
  labelsColumn,
  metricDetails,
  metricsColumn,
  sizeColumn,
  timeDetails,
} from "./parts.ts";

/** A trained model; `pathOf` says what it knows of where a version came from. */
const viewWith = (pathOf: (node: string) => string | undefined): View<ModelVersion> => ({
  noun: "version",
  plural: "versions",
  id: (version) => version.id,
  title: (version) => version.path,
  columns: [
    { header: "VERSION", value: (version) => version.path },
    { header: "TAGS", value: (version) => version.tags.map((tag) => tag.name).join(", ") },
    { header: "FRAMEWORK", value: (version) => version.framework, shrinks: true },
    metricsColumn(),
    sizeColumn((version) => version.artifact),
    labelsColumn(),
    createdColumn(),
    idColumn(),
  ],
  details: (version) => [
    ["id", version.id],
    ["path", version.path],
    ["name", version.name],
    ["framework", version.framework],
    ["description", version.description],
    ["checkpoint", pathOf(`checkpoint:${version.checkpointId}`) || version.checkpointId],
    ["experiment", pathOf(`experiment:${version.experimentId}`) || version.experimentId],
    artifactDetail(version.artifact),
    ...timeDetails(version),
    {
      heading: "tags",
      entries: version.tags.map((tag) => [tag.name, `since ${formatTime(tag.setAt)}`] as const),
    },
    metricDetails(version.metrics),
    labelDetails(version.labels),
  ],
});

/** A trained model. */
export const versionView = viewWith(() => undefined);

/** The same with the paths of what it came from, as far as its lineage has them. */
export function versionViewWith(ancestors: readonly LineageNode[]): View<ModelVersion> {
  const paths = new Map(ancestors.map(({ node, path }) => [node, path]));
  return viewWith((node) => paths.get(node));
}
