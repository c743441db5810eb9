import { createClient, createRouterTransport, type Client, type Interceptor } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import { systemClock, type Clock } from "../../src/domain/clock.ts";
import type { DirectTransfer } from "../../src/domain/direct-transfer.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import { ArtifactService } from "../../src/gen/modelbox/v1/artifact_service_pb.ts";
import { ChangeService } from "../../src/gen/modelbox/v1/change_service_pb.ts";
import { CheckpointService } from "../../src/gen/modelbox/v1/checkpoint_service_pb.ts";
import { EventService } from "../../src/gen/modelbox/v1/event_service_pb.ts";
import { ExperimentService } from "../../src/gen/modelbox/v1/experiment_service_pb.ts";
import { LabelService } from "../../src/gen/modelbox/v1/label_service_pb.ts";
import { LeaseService } from "../../src/gen/modelbox/v1/lease_service_pb.ts";
import { LineageService } from "../../src/gen/modelbox/v1/lineage_service_pb.ts";
import { MetricService } from "../../src/gen/modelbox/v1/metric_service_pb.ts";
import { ModelService } from "../../src/gen/modelbox/v1/model_service_pb.ts";
import { ModelVersionService } from "../../src/gen/modelbox/v1/model_version_service_pb.ts";
import { NamespaceService } from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { ServerInfoService } from "../../src/gen/modelbox/v1/server_info_service_pb.ts";
import { StorageService } from "../../src/gen/modelbox/v1/storage_service_pb.ts";
import { createMemoryBlobStore } from "../../src/blob/index.ts";
import { createLibsqlMetadataStore } from "../../src/metadata/index.ts";
import { callerKey } from "../../src/server/call.ts";
import { errorInterceptor } from "../../src/server/interceptors/errors.ts";
import { registerServices } from "../../src/server/rpc/index.ts";
import type { Caller, ServiceContext } from "../../src/service/context.ts";
import { StorageSurveys } from "../../src/service/storage/survey.ts";

/** The services in this process, without listeners, over a database and blobs in memory. */
export interface TestServices extends AsyncDisposable {
  readonly service: ServiceContext;
  readonly clock: TestClock;
  readonly metadata: MetadataStore;
  /** Clients as another caller. */
  as(caller: Caller): TestClients;
  readonly clients: TestClients;
}

/** One client per service. */
export interface TestClients {
  readonly artifacts: Client<typeof ArtifactService>;
  readonly changes: Client<typeof ChangeService>;
  readonly checkpoints: Client<typeof CheckpointService>;
  readonly events: Client<typeof EventService>;
  readonly experiments: Client<typeof ExperimentService>;
  readonly labels: Client<typeof LabelService>;
  readonly leases: Client<typeof LeaseService>;
  readonly lineage: Client<typeof LineageService>;
  readonly metrics: Client<typeof MetricService>;
  readonly models: Client<typeof ModelService>;
  readonly namespaces: Client<typeof NamespaceService>;
  readonly serverInfo: Client<typeof ServerInfoService>;
  readonly storage: Client<typeof StorageService>;
  readonly versions: Client<typeof ModelVersionService>;
}

/** The machine's clock, which a test can put forward. */
export interface TestClock extends Clock {
  advanceMs(milliseconds: number): void;
}

export const everybody: Caller = { actor: "tester", readable: "all", writable: "all" };

/** Opens services of their own for one test; `direct` lets clients move bytes themselves. */
export async function openServices(direct?: DirectTransfer): Promise<TestServices> {
  const clock = testClock();
  const metadata = await createLibsqlMetadataStore({ path: ":memory:", clock });
  const blobs = createMemoryBlobStore();
  const service: ServiceContext = { metadata, blobs, clock, direct };
  const as = (caller: Caller) => clientsOf(service, caller);
  return {
    service,
    clock,
    metadata,
    as,
    clients: as(everybody),
    async [Symbol.asyncDispose]() {
      await metadata[Symbol.asyncDispose]();
      await blobs[Symbol.asyncDispose]();
    },
  };
}

/** Clients whose every message goes through the wire's binary form. */
function clientsOf(service: ServiceContext, caller: Caller): TestClients {
  const authenticate: Interceptor = (next) => (request) => {
    request.contextValues.set(callerKey, caller);
    return next(request);
  };
  const serverInfo = () => ({
    version: "1.2.3",
    revision: "abcdef0",
    roles: ["metadata", "blob"],
    blobAddrs: [],
    directTransfer: service.direct !== undefined,
    grpcAddr: "127.0.0.1:8086",
  });
  const surveys = new StorageSurveys(service);
  const transport = createRouterTransport(
    (router) => registerServices(router, { service, serverInfo, surveys, xxh3Of: () => undefined }),
    {
      router: { interceptors: [errorInterceptor, authenticate] },
    },
  );
  const client = <T extends DescService>(descriptor: T): Client<T> => createClient(descriptor, transport);
  return {
    artifacts: client(ArtifactService),
    changes: client(ChangeService),
    checkpoints: client(CheckpointService),
    events: client(EventService),
    experiments: client(ExperimentService),
    labels: client(LabelService),
    leases: client(LeaseService),
    lineage: client(LineageService),
    metrics: client(MetricService),
    models: client(ModelService),
    namespaces: client(NamespaceService),
    serverInfo: client(ServerInfoService),
    storage: client(StorageService),
    versions: client(ModelVersionService),
  };
}

function testClock(): TestClock {
  const real = systemClock();
  let offset = 0;
  return {
    nowMicros: () => real.nowMicros() + offset,
    advanceMs(milliseconds) {
      offset += milliseconds * 1_000;
    },
  };
}
