import type { DescMethod } from "@bufbuild/protobuf";

/** Who may call: everybody, or everybody who has said who they are as far as the server asks for it. */
export type Access = "public" | "authenticated";

/** What a server can be there for; one process may have both. */
export type Role = "metadata" | "blob";

/** What a route needs of its caller, and where and when it is served. */
export interface RouteAccess {
  readonly access: Access;
  /** The role that a server must have to serve it. */
  readonly role: Role | "any";
  /** Whether it can change anything, and so is refused while the server is for reading only. */
  readonly writes: boolean;
  /** Whether it is served while the server drains. */
  readonly duringDrain: boolean;
}

/** As RouteAccess, for an RPC method. */
export interface MethodAccess extends RouteAccess {
  /** Messages up to domain/limits.ts' MAX_MESSAGE_BYTES instead of MAX_SMALL_MESSAGE_BYTES: they list files. */
  readonly largeMessages: boolean;
}

const reads: MethodAccess = {
  access: "authenticated",
  role: "metadata",
  writes: false,
  duringDrain: false,
  largeMessages: false,
};
const writes: MethodAccess = { ...reads, writes: true };
const withFiles: MethodAccess = { ...writes, largeMessages: true };
const readsAnywhere: MethodAccess = { ...reads, role: "any" };
const readsBytes: RouteAccess = { access: "authenticated", role: "blob", writes: false, duringDrain: false };
const writesBytes: RouteAccess = { ...readsBytes, writes: true };
const operational: MethodAccess = { ...readsAnywhere, duringDrain: true };
const probe: MethodAccess = { ...operational, access: "public" };

/**
 * Every RPC method that may be called. A method that is not in it is refused, so that a new one is only reachable once
 * somebody has decided who may call it. What a caller may do in which namespace is the use case's to check.
 */
const methodAccess: Readonly<Record<string, Readonly<Record<string, MethodAccess>>>> = {
  "grpc.health.v1.Health": { Check: probe, Watch: probe },
  "modelbox.v1.ArtifactService": {
    BeginUpload: writes,
    FindMissingChunks: writes,
    AcceptChunks: writes,
    CommitArtifact: withFiles,
    TrackArtifact: withFiles,
    GetArtifact: reads,
    ListArtifacts: reads,
    ListFiles: reads,
    ListFileChunks: reads,
    ListDirectChunks: reads,
    DeleteArtifact: writes,
  },
  "modelbox.v1.ChangeService": { ListChanges: reads, WatchChanges: reads },
  "modelbox.v1.CheckpointService": {
    CreateCheckpoint: withFiles,
    GetCheckpoint: reads,
    ListCheckpoints: reads,
    UpdateCheckpoint: writes,
    DeleteCheckpoint: writes,
  },
  "modelbox.v1.EventService": { LogEvents: writes, ListEvents: reads },
  "modelbox.v1.ExperimentService": {
    CreateExperiment: writes,
    GetExperiment: reads,
    ListExperiments: reads,
    UpdateExperiment: writes,
    DeleteExperiment: writes,
  },
  "modelbox.v1.LabelService": {
    SetLabels: writes,
    GetLabels: reads,
    UnsetLabels: writes,
  },
  "modelbox.v1.LeaseService": {
    AcquireLease: writes,
    GetLease: reads,
    RenewLease: writes,
    ReleaseLease: writes,
  },
  "modelbox.v1.LineageService": {
    AddLineageEdges: writes,
    RemoveLineageEdges: writes,
    GetLineage: reads,
  },
  "modelbox.v1.MetricService": {
    LogMetrics: writes,
    GetMetrics: reads,
    ListMetricPoints: reads,
  },
  "modelbox.v1.ModelService": {
    CreateModel: writes,
    GetModel: reads,
    ListModels: reads,
    UpdateModel: writes,
    DeleteModel: writes,
  },
  "modelbox.v1.ModelVersionService": {
    CreateModelVersion: withFiles,
    GetModelVersion: reads,
    ListModelVersions: reads,
    UpdateModelVersion: writes,
    DeleteModelVersion: writes,
    SetUniqueTag: writes,
    RemoveUniqueTag: writes,
    ListTagHistory: reads,
  },
  "modelbox.v1.NamespaceService": {
    CreateNamespace: writes,
    GetNamespace: reads,
    ListNamespaces: reads,
    UpdateNamespace: writes,
    DeleteNamespace: writes,
  },
  "modelbox.v1.ServerInfoService": { GetServerInfo: readsAnywhere },
  "modelbox.v1.StorageService": {
    GetNamespaceStorage: reads,
    ListNamespaceStorage: reads,
    ListObjectStorage: reads,
  },
};

/** The same for plain HTTP routes, by name. */
const routeAccess: Readonly<Record<string, RouteAccess>> = {
  Healthz: probe,
  Readyz: probe,
  Metrics: operational,
  Descriptor: operational,
  Home: operational,
  PutChunk: writesBytes,
  PostChunk: writesBytes,
  PostPack: writesBytes,
  PutFile: writesBytes,
  GetFile: readsBytes,
  GetFiles: readsBytes,
};

/** Undefined for a route that may not be called. */
export function accessOfRoute(name: string): RouteAccess | undefined {
  return Object.hasOwn(routeAccess, name) ? routeAccess[name] : undefined;
}

/** Undefined for a method that may not be called. */
export function accessOf(method: DescMethod): MethodAccess | undefined {
  const service = methodAccess[method.parent.typeName];
  return service !== undefined && Object.hasOwn(service, method.name) ? service[method.name] : undefined;
}

/** What is listed, for the test that compares it with what there is. */
export function listed(): { readonly methods: readonly string[]; readonly routes: readonly string[] } {
  const methods = Object.entries(methodAccess).flatMap(([service, names]) =>
    Object.keys(names).map((name) => `${service}/${name}`),
  );
  return { methods, routes: Object.keys(routeAccess) };
}
