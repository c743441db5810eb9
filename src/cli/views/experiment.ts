import type { Experiment } from "../../gen/modelbox/v1/experiment_service_pb.ts";
import type { View } from "../output/output.ts";
import {
  createdColumn,
  idColumn,
  labelDetails,
  labelsColumn,
  metricDetails,
  metricsColumn,
  ownerColumn,
  timeDetails,
} from "./parts.ts";

/** A training run. */
export const experimentView: View<Experiment> = {
  noun: "experiment",
  plural: "experiments",
  id: (experiment) => experiment.id,
  title: (experiment) => experiment.path,
  columns: [
    { header: "EXPERIMENT", value: (experiment) => experiment.path },
    ownerColumn(),
    { header: "FRAMEWORK", value: (experiment) => experiment.framework, shrinks: true },
    metricsColumn(),
    labelsColumn(),
    createdColumn(),
    idColumn(),
  ],
  details: (experiment) => [
    ["id", experiment.id],
    ["path", experiment.path],
    ["owner", experiment.owner],
    ["run id", experiment.externalId],
    ["framework", experiment.framework],
    ["description", experiment.description],
    ["latest checkpoint", experiment.latestCheckpointId],
    ...timeDetails(experiment),
    metricDetails(experiment.metrics),
    labelDetails(experiment.labels),
  ],
};
