import type { DescMethod } from "@bufbuild/protobuf";

/** Who may call: everybody, or everybody who has said who they are as far as the server asks for it. */
export type Access = "public" | "authenticated";

/** What a route needs of its caller, and whether it is served while the server drains. */
export interface RouteAccess {
  readonly access: Access;
  readonly duringDrain: boolean;
}

/** As RouteAccess, for an RPC method. */
export interface MethodAccess extends RouteAccess {
  /** Messages up to domain/limits.ts' MAX_MESSAGE_BYTES instead of MAX_SMALL_MESSAGE_BYTES: they list files. */
  readonly largeMessages: boolean;
}

const authenticated: MethodAccess = { access: "authenticated", duringDrain: false, largeMessages: false };
const withFiles: MethodAccess = { ...authenticated, largeMessages: true };
const probe: MethodAccess = { access: "public", duringDrain: true, largeMessages: false };

/**
 * Every RPC method that may be called. A method that is not in it is refused, so that a new one is only reachable once
 * somebody has decided who may call it. What a caller may do in which namespace is the use case's to check.
 */
const methodAccess: Readonly<Record<string, Readonly<Record<string, MethodAccess>>>> = {
  "grpc.health.v1.Health": { Check: probe, Watch: probe },
  "modelbox.v1.ArtifactService": {
    BeginUpload: authenticated,
    FindMissingChunks: authenticated,
    CommitArtifact: withFiles,
    TrackArtifact: withFiles,
    GetArtifact: authenticated,
    ListArtifacts: authenticated,
    ListFiles: authenticated,
    ListFileChunks: authenticated,
    DeleteArtifact: authenticated,
  },
  "modelbox.v1.ChangeService": { ListChanges: authenticated, WatchChanges: authenticated },
  "modelbox.v1.CheckpointService": {
    CreateCheckpoint: withFiles,
    GetCheckpoint: authenticated,
    ListCheckpoints: authenticated,
    UpdateCheckpoint: authenticated,
    DeleteCheckpoint: authenticated,
  },
  "modelbox.v1.EventService": { LogEvents: authenticated, ListEvents: authenticated },
  "modelbox.v1.ExperimentService": {
    CreateExperiment: authenticated,
    GetExperiment: authenticated,
    ListExperiments: authenticated,
    UpdateExperiment: authenticated,
    DeleteExperiment: authenticated,
  },
  "modelbox.v1.LabelService": {
    SetLabels: authenticated,
    GetLabels: authenticated,
    UnsetLabels: authenticated,
  },
  "modelbox.v1.LeaseService": {
    AcquireLease: authenticated,
    GetLease: authenticated,
    RenewLease: authenticated,
    ReleaseLease: authenticated,
  },
  "modelbox.v1.LineageService": {
    AddLineageEdges: authenticated,
    RemoveLineageEdges: authenticated,
    GetLineage: authenticated,
  },
  "modelbox.v1.MetricService": {
    LogMetrics: authenticated,
    GetMetrics: authenticated,
    ListMetricPoints: authenticated,
  },
  "modelbox.v1.ModelService": {
    CreateModel: authenticated,
    GetModel: authenticated,
    ListModels: authenticated,
    UpdateModel: authenticated,
    DeleteModel: authenticated,
  },
  "modelbox.v1.ModelVersionService": {
    CreateModelVersion: withFiles,
    GetModelVersion: authenticated,
    ListModelVersions: authenticated,
    UpdateModelVersion: authenticated,
    DeleteModelVersion: authenticated,
    SetUniqueTag: authenticated,
    RemoveUniqueTag: authenticated,
    ListTagHistory: authenticated,
  },
  "modelbox.v1.NamespaceService": {
    CreateNamespace: authenticated,
    GetNamespace: authenticated,
    ListNamespaces: authenticated,
    UpdateNamespace: authenticated,
    DeleteNamespace: authenticated,
  },
  "modelbox.v1.ServerInfoService": { GetServerInfo: authenticated },
};

/** The same for plain HTTP routes, by name. */
const routeAccess: Readonly<Record<string, RouteAccess>> = {
  Healthz: probe,
  Readyz: probe,
  Metrics: probe,
  Descriptor: probe,
  Home: probe,
  PutChunk: authenticated,
  PostChunk: authenticated,
  PutFile: authenticated,
  GetFile: authenticated,
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
