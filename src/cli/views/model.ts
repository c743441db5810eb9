import type { Model } from "../../gen/modelbox/v1/model_service_pb.ts";
import type { View } from "../output/output.ts";
import { createdColumn, idColumn, labelDetails, labelsColumn, ownerColumn, timeDetails } from "./parts.ts";

/** What the versions for one task have in common. */
export const modelView: View<Model> = {
  noun: "model",
  plural: "models",
  id: (model) => model.id,
  title: (model) => model.path,
  columns: [
    { header: "MODEL", value: (model) => model.path },
    { header: "TASK", value: (model) => model.task, shrinks: true },
    ownerColumn(),
    { header: "LATEST", value: (model) => model.latestVersion },
    {
      header: "TAGS",
      value: (model) =>
        tagsOf(model)
          .map(([tag, version]) => `${tag}=${version}`)
          .join(", "),
    },
    labelsColumn(),
    createdColumn(),
    idColumn(),
  ],
  details: (model) => [
    ["id", model.id],
    ["path", model.path],
    ["owner", model.owner],
    ["task", model.task],
    ["description", model.description],
    ["latest version", model.latestVersion],
    ...timeDetails(model),
    { heading: "tags", entries: tagsOf(model).map(([tag, version]) => [tag, `version ${version}`] as const) },
    labelDetails(model.labels),
  ],
};

function tagsOf(model: Model): readonly (readonly [tag: string, version: string])[] {
  return Object.entries(model.tags).sort(([a], [b]) => (a < b ? -1 : 1));
}
