import type { Namespace } from "../../gen/modelbox/v1/namespace_service_pb.ts";
import { formatBytes, formatBytesExactly } from "../output/format.ts";
import type { View } from "../output/output.ts";
import { createdColumn, idColumn, labelDetails, labelsColumn, ownerColumn, timeDetails } from "./parts.ts";

/** A namespace, which the command line calls a project. */
export const projectView: View<Namespace> = {
  noun: "project",
  plural: "projects",
  id: (project) => project.id,
  title: (project) => project.name,
  columns: [
    { header: "NAME", value: (project) => project.name },
    ownerColumn(),
    { header: "DESCRIPTION", value: (project) => project.description, shrinks: true, optional: true },
    { header: "QUOTA", value: quota, align: "right", optional: true },
    labelsColumn(),
    createdColumn(),
    idColumn(),
  ],
  details: (project) => [
    ["id", project.id],
    ["name", project.name],
    ["owner", project.owner],
    ["description", project.description],
    ["quota", project.quotaBytes === undefined ? "" : formatBytesExactly(project.quotaBytes)],
    ...timeDetails(project),
    labelDetails(project.labels),
  ],
};

function quota({ quotaBytes }: Namespace): string {
  return quotaBytes === undefined ? "" : formatBytes(quotaBytes);
}
