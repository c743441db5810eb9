import type { Checkpoint } from "../../gen/modelbox/v1/checkpoint_service_pb.ts";
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

/** The state of a training run at a step. */
export const checkpointView: View<Checkpoint> = {
  noun: "checkpoint",
  plural: "checkpoints",
  id: (checkpoint) => checkpoint.id,
  title: (checkpoint) => checkpoint.path,
  columns: [
    { header: "CHECKPOINT", value: (checkpoint) => checkpoint.path },
    { header: "STEP", value: (checkpoint) => String(checkpoint.step), align: "right" },
    { header: "EPOCH", value: (checkpoint) => String(checkpoint.epoch ?? ""), align: "right" },
    metricsColumn(),
    sizeColumn((checkpoint) => checkpoint.artifact),
    labelsColumn(),
    createdColumn(),
    idColumn(),
  ],
  details: (checkpoint) => [
    ["id", checkpoint.id],
    ["path", checkpoint.path],
    ["step", String(checkpoint.step)],
    ["epoch", String(checkpoint.epoch ?? "")],
    artifactDetail(checkpoint.artifact),
    ...timeDetails(checkpoint),
    metricDetails(checkpoint.metrics),
    labelDetails(checkpoint.labels),
  ],
};
