import type { ConnectRouter } from "@connectrpc/connect";
import { ArtifactService } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { ChangeService } from "../../gen/modelbox/v1/change_service_pb.ts";
import { CheckpointService } from "../../gen/modelbox/v1/checkpoint_service_pb.ts";
import { EventService } from "../../gen/modelbox/v1/event_service_pb.ts";
import { ExperimentService } from "../../gen/modelbox/v1/experiment_service_pb.ts";
import { LabelService } from "../../gen/modelbox/v1/label_service_pb.ts";
import { LeaseService } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { LineageService } from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { MetricService } from "../../gen/modelbox/v1/metric_service_pb.ts";
import { ModelService } from "../../gen/modelbox/v1/model_service_pb.ts";
import { ModelVersionService } from "../../gen/modelbox/v1/model_version_service_pb.ts";
import { NamespaceService } from "../../gen/modelbox/v1/namespace_service_pb.ts";
import { ServerInfoService } from "../../gen/modelbox/v1/server_info_service_pb.ts";
import { StorageService } from "../../gen/modelbox/v1/storage_service_pb.ts";
import type { RpcApp } from "./app.ts";
import { artifactService } from "./artifact-service.ts";
import { changeService } from "./change-service.ts";
import { checkpointService } from "./checkpoint-service.ts";
import { eventService } from "./event-service.ts";
import { experimentService } from "./experiment-service.ts";
import { labelService } from "./label-service.ts";
import { leaseService } from "./lease-service.ts";
import { lineageService } from "./lineage-service.ts";
import { metricService } from "./metric-service.ts";
import { modelService } from "./model-service.ts";
import { modelVersionService } from "./model-version-service.ts";
import { namespaceService } from "./namespace-service.ts";
import { serverInfoService } from "./server-info-service.ts";
import { storageService } from "./storage-service.ts";

export type { RpcApp, ServerInfo } from "./app.ts";

/** Adds all services of modelbox.v1 to a router. Errors are thrown as DomainError; an interceptor makes them wire errors. */
export function registerServices(router: ConnectRouter, app: RpcApp): void {
  router
    .service(ArtifactService, artifactService(app))
    .service(ChangeService, changeService(app))
    .service(CheckpointService, checkpointService(app))
    .service(EventService, eventService(app))
    .service(ExperimentService, experimentService(app))
    .service(LabelService, labelService(app))
    .service(LeaseService, leaseService(app))
    .service(LineageService, lineageService(app))
    .service(MetricService, metricService(app))
    .service(ModelService, modelService(app))
    .service(ModelVersionService, modelVersionService(app))
    .service(NamespaceService, namespaceService(app))
    .service(ServerInfoService, serverInfoService(app))
    .service(StorageService, storageService(app));
}
