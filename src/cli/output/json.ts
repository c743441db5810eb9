import { createRegistry, toJson, type JsonValue, type Message } from "@bufbuild/protobuf";
import { file_modelbox_v1_artifact_service } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { file_modelbox_v1_change_service } from "../../gen/modelbox/v1/change_service_pb.ts";
import { file_modelbox_v1_checkpoint_service } from "../../gen/modelbox/v1/checkpoint_service_pb.ts";
import { file_modelbox_v1_event_service } from "../../gen/modelbox/v1/event_service_pb.ts";
import { file_modelbox_v1_experiment_service } from "../../gen/modelbox/v1/experiment_service_pb.ts";
import { file_modelbox_v1_label_service } from "../../gen/modelbox/v1/label_service_pb.ts";
import { file_modelbox_v1_lineage_service } from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { file_modelbox_v1_metric_service } from "../../gen/modelbox/v1/metric_service_pb.ts";
import { file_modelbox_v1_model_service } from "../../gen/modelbox/v1/model_service_pb.ts";
import { file_modelbox_v1_model_version_service } from "../../gen/modelbox/v1/model_version_service_pb.ts";
import { file_modelbox_v1_namespace_service } from "../../gen/modelbox/v1/namespace_service_pb.ts";
import { file_modelbox_v1_storage_service } from "../../gen/modelbox/v1/storage_service_pb.ts";

/** A response as people and scripts read it, on several lines. */
export function messageToJson(message: Message): string {
  return JSON.stringify(toJsonValue(message), undefined, 2);
}

/** A response on one line. */
export function messageToJsonLine(message: Message): string {
  return JSON.stringify(toJsonValue(message));
}

/** The protobuf JSON form, with the false and the zero that it leaves out by default. */
function toJsonValue(message: Message): JsonValue {
  const schema = createRegistry(
    file_modelbox_v1_artifact_service,
    file_modelbox_v1_change_service,
    file_modelbox_v1_checkpoint_service,
    file_modelbox_v1_event_service,
    file_modelbox_v1_experiment_service,
    file_modelbox_v1_label_service,
    file_modelbox_v1_lineage_service,
    file_modelbox_v1_metric_service,
    file_modelbox_v1_model_service,
    file_modelbox_v1_model_version_service,
    file_modelbox_v1_namespace_service,
    file_modelbox_v1_storage_service,
  ).getMessage(message.$typeName);
  if (!schema) throw new Error(`${message.$typeName} is of no service that the command line knows.`);
  return toJson(schema, message, { alwaysEmitImplicit: true });
}
