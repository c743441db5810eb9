import { createClient, type Client } from "@connectrpc/connect";
import { ArtifactService } from "../gen/modelbox/v1/artifact_service_pb.ts";
import { ChangeService } from "../gen/modelbox/v1/change_service_pb.ts";
import { CheckpointService } from "../gen/modelbox/v1/checkpoint_service_pb.ts";
import { EventService } from "../gen/modelbox/v1/event_service_pb.ts";
import { ExperimentService } from "../gen/modelbox/v1/experiment_service_pb.ts";
import { LabelService } from "../gen/modelbox/v1/label_service_pb.ts";
import { LeaseService } from "../gen/modelbox/v1/lease_service_pb.ts";
import { LineageService } from "../gen/modelbox/v1/lineage_service_pb.ts";
import { MetricService } from "../gen/modelbox/v1/metric_service_pb.ts";
import { ModelService } from "../gen/modelbox/v1/model_service_pb.ts";
import { ModelVersionService } from "../gen/modelbox/v1/model_version_service_pb.ts";
import { NamespaceService } from "../gen/modelbox/v1/namespace_service_pb.ts";
import { ServerInfoService } from "../gen/modelbox/v1/server_info_service_pb.ts";
import { StorageService } from "../gen/modelbox/v1/storage_service_pb.ts";
import { InvalidInputError } from "./errors.ts";
import { HttpClient, type ClientTls } from "./http-client.ts";
import { createModelBoxTransport } from "./rpc/transport.ts";
import { parseServerAddress } from "./server-address.ts";

/** How to reach a server. */
export interface ModelBoxClientOptions {
  /** `host:port`, `http://host:port` or `https://host`. */
  readonly serverAddr: string;
  /** Sent to the server and to the blob addresses that it names, nowhere else; "" and default: none. */
  readonly token?: string;
  /** As PEM; default: the system's authorities, and no certificate of this client. */
  readonly tls?: ClientTls;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a call may take; default 60,000, and ten times that for calls that commit files. */
  readonly timeoutMs?: number;
  /** Called when the server has not answered a call for a while. */
  readonly onSlowAnswer?: () => void;
  /** How long that is; default 5,000. */
  readonly slowAfterMs?: number;
  /** Makes the id that goes with each call in `x-request-id`; default a random UUID. */
  readonly requestId?: () => string;
}

/**
 * One typed client per service. Calls throw ClientError and its kinds only. Lost connections and a busy server are
 * retried where that can't repeat an effect: reads, and writes with a `request_id`, which is set when it is missing.
 */
export interface ModelBoxClient {
  /** For requests outside of the services, such as blobs. */
  readonly http: HttpClient;
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

/** A client of the server at `serverAddr`. Nothing is sent before the first call. */
export function createModelBoxClient(options: ModelBoxClientOptions): ModelBoxClient {
  const http = new HttpClient({
    baseUrl: parseServerAddress(options.serverAddr),
    headers: options.headers ?? {},
    token: checkToken(options.token ?? ""),
    tls: options.tls,
    makeRequestId: options.requestId ?? (() => crypto.randomUUID()),
  });
  const transport = createModelBoxTransport(http, options);
  return {
    http,
    artifacts: createClient(ArtifactService, transport),
    changes: createClient(ChangeService, transport),
    checkpoints: createClient(CheckpointService, transport),
    events: createClient(EventService, transport),
    experiments: createClient(ExperimentService, transport),
    labels: createClient(LabelService, transport),
    leases: createClient(LeaseService, transport),
    lineage: createClient(LineageService, transport),
    metrics: createClient(MetricService, transport),
    models: createClient(ModelService, transport),
    namespaces: createClient(NamespaceService, transport),
    serverInfo: createClient(ServerInfoService, transport),
    storage: createClient(StorageService, transport),
    versions: createClient(ModelVersionService, transport),
  };
}

/** What can't stand in a header would end in an error that shows it. */
function checkToken(text: string): string {
  const token = text.trim();
  if (/^[\u0021-\u007e]*$/.test(token)) return token;
  throw new InvalidInputError(
    "The token has characters that no token has; set MODELBOX_TOKEN, or `token` in the client's file, to the token as it was shown.",
  );
}
