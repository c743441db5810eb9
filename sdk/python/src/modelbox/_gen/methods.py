"""Generated from proto/ by `bun run gen`: every method of the API."""

from modelbox._gen import (
    artifact_service_pb2,
    change_service_pb2,
    checkpoint_service_pb2,
    event_service_pb2,
    experiment_service_pb2,
    label_service_pb2,
    lease_service_pb2,
    lineage_service_pb2,
    metric_service_pb2,
    model_service_pb2,
    model_version_service_pb2,
    namespace_service_pb2,
    server_info_service_pb2,
    storage_service_pb2,
)
from modelbox.method import Method, StreamMethod


class ArtifactService:
    BeginUpload = Method(
        "/modelbox.v1.ArtifactService/BeginUpload",
        artifact_service_pb2.BeginUploadRequest,
        artifact_service_pb2.BeginUploadResponse,
    )
    FindMissingChunks = Method(
        "/modelbox.v1.ArtifactService/FindMissingChunks",
        artifact_service_pb2.FindMissingChunksRequest,
        artifact_service_pb2.FindMissingChunksResponse,
    )
    AcceptChunks = Method(
        "/modelbox.v1.ArtifactService/AcceptChunks",
        artifact_service_pb2.AcceptChunksRequest,
        artifact_service_pb2.AcceptChunksResponse,
    )
    CommitArtifact = Method(
        "/modelbox.v1.ArtifactService/CommitArtifact",
        artifact_service_pb2.CommitArtifactRequest,
        artifact_service_pb2.CommitArtifactResponse,
    )
    TrackArtifact = Method(
        "/modelbox.v1.ArtifactService/TrackArtifact",
        artifact_service_pb2.TrackArtifactRequest,
        artifact_service_pb2.TrackArtifactResponse,
    )
    GetArtifact = Method(
        "/modelbox.v1.ArtifactService/GetArtifact",
        artifact_service_pb2.GetArtifactRequest,
        artifact_service_pb2.GetArtifactResponse,
    )
    ListArtifacts = Method(
        "/modelbox.v1.ArtifactService/ListArtifacts",
        artifact_service_pb2.ListArtifactsRequest,
        artifact_service_pb2.ListArtifactsResponse,
    )
    ListFiles = Method(
        "/modelbox.v1.ArtifactService/ListFiles",
        artifact_service_pb2.ListFilesRequest,
        artifact_service_pb2.ListFilesResponse,
    )
    ListFileChunks = Method(
        "/modelbox.v1.ArtifactService/ListFileChunks",
        artifact_service_pb2.ListFileChunksRequest,
        artifact_service_pb2.ListFileChunksResponse,
    )
    ListDirectChunks = Method(
        "/modelbox.v1.ArtifactService/ListDirectChunks",
        artifact_service_pb2.ListDirectChunksRequest,
        artifact_service_pb2.ListDirectChunksResponse,
    )
    DeleteArtifact = Method(
        "/modelbox.v1.ArtifactService/DeleteArtifact",
        artifact_service_pb2.DeleteArtifactRequest,
        artifact_service_pb2.DeleteArtifactResponse,
    )


class ChangeService:
    ListChanges = Method(
        "/modelbox.v1.ChangeService/ListChanges",
        change_service_pb2.ListChangesRequest,
        change_service_pb2.ListChangesResponse,
    )
    WatchChanges = StreamMethod(
        "/modelbox.v1.ChangeService/WatchChanges",
        change_service_pb2.WatchChangesRequest,
        change_service_pb2.WatchChangesResponse,
    )


class CheckpointService:
    CreateCheckpoint = Method(
        "/modelbox.v1.CheckpointService/CreateCheckpoint",
        checkpoint_service_pb2.CreateCheckpointRequest,
        checkpoint_service_pb2.CreateCheckpointResponse,
    )
    GetCheckpoint = Method(
        "/modelbox.v1.CheckpointService/GetCheckpoint",
        checkpoint_service_pb2.GetCheckpointRequest,
        checkpoint_service_pb2.GetCheckpointResponse,
    )
    ListCheckpoints = Method(
        "/modelbox.v1.CheckpointService/ListCheckpoints",
        checkpoint_service_pb2.ListCheckpointsRequest,
        checkpoint_service_pb2.ListCheckpointsResponse,
    )
    UpdateCheckpoint = Method(
        "/modelbox.v1.CheckpointService/UpdateCheckpoint",
        checkpoint_service_pb2.UpdateCheckpointRequest,
        checkpoint_service_pb2.UpdateCheckpointResponse,
    )
    DeleteCheckpoint = Method(
        "/modelbox.v1.CheckpointService/DeleteCheckpoint",
        checkpoint_service_pb2.DeleteCheckpointRequest,
        checkpoint_service_pb2.DeleteCheckpointResponse,
    )


class EventService:
    LogEvents = Method(
        "/modelbox.v1.EventService/LogEvents",
        event_service_pb2.LogEventsRequest,
        event_service_pb2.LogEventsResponse,
    )
    ListEvents = Method(
        "/modelbox.v1.EventService/ListEvents",
        event_service_pb2.ListEventsRequest,
        event_service_pb2.ListEventsResponse,
    )


class ExperimentService:
    CreateExperiment = Method(
        "/modelbox.v1.ExperimentService/CreateExperiment",
        experiment_service_pb2.CreateExperimentRequest,
        experiment_service_pb2.CreateExperimentResponse,
    )
    GetExperiment = Method(
        "/modelbox.v1.ExperimentService/GetExperiment",
        experiment_service_pb2.GetExperimentRequest,
        experiment_service_pb2.GetExperimentResponse,
    )
    ListExperiments = Method(
        "/modelbox.v1.ExperimentService/ListExperiments",
        experiment_service_pb2.ListExperimentsRequest,
        experiment_service_pb2.ListExperimentsResponse,
    )
    UpdateExperiment = Method(
        "/modelbox.v1.ExperimentService/UpdateExperiment",
        experiment_service_pb2.UpdateExperimentRequest,
        experiment_service_pb2.UpdateExperimentResponse,
    )
    DeleteExperiment = Method(
        "/modelbox.v1.ExperimentService/DeleteExperiment",
        experiment_service_pb2.DeleteExperimentRequest,
        experiment_service_pb2.DeleteExperimentResponse,
    )


class LabelService:
    SetLabels = Method(
        "/modelbox.v1.LabelService/SetLabels",
        label_service_pb2.SetLabelsRequest,
        label_service_pb2.SetLabelsResponse,
    )
    GetLabels = Method(
        "/modelbox.v1.LabelService/GetLabels",
        label_service_pb2.GetLabelsRequest,
        label_service_pb2.GetLabelsResponse,
    )
    UnsetLabels = Method(
        "/modelbox.v1.LabelService/UnsetLabels",
        label_service_pb2.UnsetLabelsRequest,
        label_service_pb2.UnsetLabelsResponse,
    )


class LeaseService:
    AcquireLease = Method(
        "/modelbox.v1.LeaseService/AcquireLease",
        lease_service_pb2.AcquireLeaseRequest,
        lease_service_pb2.AcquireLeaseResponse,
    )
    GetLease = Method(
        "/modelbox.v1.LeaseService/GetLease",
        lease_service_pb2.GetLeaseRequest,
        lease_service_pb2.GetLeaseResponse,
    )
    RenewLease = Method(
        "/modelbox.v1.LeaseService/RenewLease",
        lease_service_pb2.RenewLeaseRequest,
        lease_service_pb2.RenewLeaseResponse,
    )
    ReleaseLease = Method(
        "/modelbox.v1.LeaseService/ReleaseLease",
        lease_service_pb2.ReleaseLeaseRequest,
        lease_service_pb2.ReleaseLeaseResponse,
    )


class LineageService:
    AddLineageEdges = Method(
        "/modelbox.v1.LineageService/AddLineageEdges",
        lineage_service_pb2.AddLineageEdgesRequest,
        lineage_service_pb2.AddLineageEdgesResponse,
    )
    RemoveLineageEdges = Method(
        "/modelbox.v1.LineageService/RemoveLineageEdges",
        lineage_service_pb2.RemoveLineageEdgesRequest,
        lineage_service_pb2.RemoveLineageEdgesResponse,
    )
    GetLineage = Method(
        "/modelbox.v1.LineageService/GetLineage",
        lineage_service_pb2.GetLineageRequest,
        lineage_service_pb2.GetLineageResponse,
    )


class MetricService:
    LogMetrics = Method(
        "/modelbox.v1.MetricService/LogMetrics",
        metric_service_pb2.LogMetricsRequest,
        metric_service_pb2.LogMetricsResponse,
    )
    GetMetrics = Method(
        "/modelbox.v1.MetricService/GetMetrics",
        metric_service_pb2.GetMetricsRequest,
        metric_service_pb2.GetMetricsResponse,
    )
    ListMetricPoints = Method(
        "/modelbox.v1.MetricService/ListMetricPoints",
        metric_service_pb2.ListMetricPointsRequest,
        metric_service_pb2.ListMetricPointsResponse,
    )


class ModelService:
    CreateModel = Method(
        "/modelbox.v1.ModelService/CreateModel",
        model_service_pb2.CreateModelRequest,
        model_service_pb2.CreateModelResponse,
    )
    GetModel = Method(
        "/modelbox.v1.ModelService/GetModel",
        model_service_pb2.GetModelRequest,
        model_service_pb2.GetModelResponse,
    )
    ListModels = Method(
        "/modelbox.v1.ModelService/ListModels",
        model_service_pb2.ListModelsRequest,
        model_service_pb2.ListModelsResponse,
    )
    UpdateModel = Method(
        "/modelbox.v1.ModelService/UpdateModel",
        model_service_pb2.UpdateModelRequest,
        model_service_pb2.UpdateModelResponse,
    )
    DeleteModel = Method(
        "/modelbox.v1.ModelService/DeleteModel",
        model_service_pb2.DeleteModelRequest,
        model_service_pb2.DeleteModelResponse,
    )


class ModelVersionService:
    CreateModelVersion = Method(
        "/modelbox.v1.ModelVersionService/CreateModelVersion",
        model_version_service_pb2.CreateModelVersionRequest,
        model_version_service_pb2.CreateModelVersionResponse,
    )
    GetModelVersion = Method(
        "/modelbox.v1.ModelVersionService/GetModelVersion",
        model_version_service_pb2.GetModelVersionRequest,
        model_version_service_pb2.GetModelVersionResponse,
    )
    ListModelVersions = Method(
        "/modelbox.v1.ModelVersionService/ListModelVersions",
        model_version_service_pb2.ListModelVersionsRequest,
        model_version_service_pb2.ListModelVersionsResponse,
    )
    UpdateModelVersion = Method(
        "/modelbox.v1.ModelVersionService/UpdateModelVersion",
        model_version_service_pb2.UpdateModelVersionRequest,
        model_version_service_pb2.UpdateModelVersionResponse,
    )
    DeleteModelVersion = Method(
        "/modelbox.v1.ModelVersionService/DeleteModelVersion",
        model_version_service_pb2.DeleteModelVersionRequest,
        model_version_service_pb2.DeleteModelVersionResponse,
    )
    SetUniqueTag = Method(
        "/modelbox.v1.ModelVersionService/SetUniqueTag",
        model_version_service_pb2.SetUniqueTagRequest,
        model_version_service_pb2.SetUniqueTagResponse,
    )
    RemoveUniqueTag = Method(
        "/modelbox.v1.ModelVersionService/RemoveUniqueTag",
        model_version_service_pb2.RemoveUniqueTagRequest,
        model_version_service_pb2.RemoveUniqueTagResponse,
    )
    ListTagHistory = Method(
        "/modelbox.v1.ModelVersionService/ListTagHistory",
        model_version_service_pb2.ListTagHistoryRequest,
        model_version_service_pb2.ListTagHistoryResponse,
    )


class NamespaceService:
    CreateNamespace = Method(
        "/modelbox.v1.NamespaceService/CreateNamespace",
        namespace_service_pb2.CreateNamespaceRequest,
        namespace_service_pb2.CreateNamespaceResponse,
    )
    GetNamespace = Method(
        "/modelbox.v1.NamespaceService/GetNamespace",
        namespace_service_pb2.GetNamespaceRequest,
        namespace_service_pb2.GetNamespaceResponse,
    )
    ListNamespaces = Method(
        "/modelbox.v1.NamespaceService/ListNamespaces",
        namespace_service_pb2.ListNamespacesRequest,
        namespace_service_pb2.ListNamespacesResponse,
    )
    UpdateNamespace = Method(
        "/modelbox.v1.NamespaceService/UpdateNamespace",
        namespace_service_pb2.UpdateNamespaceRequest,
        namespace_service_pb2.UpdateNamespaceResponse,
    )
    DeleteNamespace = Method(
        "/modelbox.v1.NamespaceService/DeleteNamespace",
        namespace_service_pb2.DeleteNamespaceRequest,
        namespace_service_pb2.DeleteNamespaceResponse,
    )


class ServerInfoService:
    GetServerInfo = Method(
        "/modelbox.v1.ServerInfoService/GetServerInfo",
        server_info_service_pb2.GetServerInfoRequest,
        server_info_service_pb2.GetServerInfoResponse,
    )


class StorageService:
    GetNamespaceStorage = Method(
        "/modelbox.v1.StorageService/GetNamespaceStorage",
        storage_service_pb2.GetNamespaceStorageRequest,
        storage_service_pb2.GetNamespaceStorageResponse,
    )
    ListNamespaceStorage = Method(
        "/modelbox.v1.StorageService/ListNamespaceStorage",
        storage_service_pb2.ListNamespaceStorageRequest,
        storage_service_pb2.ListNamespaceStorageResponse,
    )
    ListObjectStorage = Method(
        "/modelbox.v1.StorageService/ListObjectStorage",
        storage_service_pb2.ListObjectStorageRequest,
        storage_service_pb2.ListObjectStorageResponse,
    )
