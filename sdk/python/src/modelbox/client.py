"""The entry: a ModelBox server, by its address."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from modelbox._gen import artifact_service_pb2, lease_service_pb2, namespace_service_pb2
from modelbox._gen.methods import ArtifactService, LeaseService, NamespaceService
from modelbox.closing import Closing
from modelbox.connection import DEFAULT_TIMEOUT_SECONDS, Connection
from modelbox.errors import InvalidInput
from modelbox.objects import lineage, storage
from modelbox.objects.artifact import Artifact
from modelbox.objects.base import ServerObject
from modelbox.objects.change import Change, Watch, list_changes
from modelbox.objects.checkpoint import Checkpoint, get_checkpoint, list_checkpoints
from modelbox.objects.decode import decode
from modelbox.objects.experiment import Experiment, create_experiment, get_experiment, list_experiments
from modelbox.objects.lease import Lease
from modelbox.objects.lineage import Direction, Lineage, LineageEdge
from modelbox.objects.model import Model, create_model, get_model, list_models
from modelbox.objects.model_version import ModelVersion, get_version, list_versions
from modelbox.objects.namespace import Namespace
from modelbox.objects.paging import Listing
from modelbox.objects.server import ServerInfo
from modelbox.objects.storage import NamespaceStorage, ObjectStorage, ServerStorage
from modelbox.objects.values import Json, to_labels
from modelbox.settings import load_settings


class ModelBox(Closing):
    """A ModelBox server.

    Without arguments it is the one that the environment (`MODELBOX_SERVER_ADDR`, `MODELBOX_TOKEN`, …) or the client's
    file (`modelbox client init-config` writes it) names, else one on this machine. Nothing is sent before the first
    call. Safe in any number of threads and after a fork.

    Objects are named by id or by path: `namespace/experiment`, `namespace/experiment/checkpoint` (`…/latest` is the
    last committed one), `namespace/model`, `namespace/model@version`, `namespace/model@tag`.

    Every failure is a `ModelBoxError`. Calls that may be repeated without repeating their effect are, when a
    connection is lost.
    """

    def __init__(
        self,
        addr: str | None = None,
        token: str | None = None,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        config_path: str | os.PathLike[str] | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        """`addr` is `host:port`, `host` (port 8085), `http://host:port` or `https://host`.

        The three files, as PEM, are for https: an authority to trust, and this client's certificate and key.
        `timeout_seconds` is how long a call may take, ten times that for commits of files.
        """
        settings = load_settings(
            addr=addr,
            token=token,
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
            config_path=config_path,
        )
        self.connection = Connection(settings, timeout_seconds=timeout_seconds)

    # Namespaces

    def new_namespace(
        self,
        name: str,
        owner: str = "",
        *,
        description: str = "",
        metadata: Mapping[str, Json] | None = None,
        quota_bytes: int | None = None,
    ) -> Namespace:
        """Creates a namespace, or returns the one that is there with the same fields; with others: `AlreadyExists`.

        `metadata` are its labels; `quota_bytes` is how many bytes its files may have, `None` for no limit.
        """
        request = namespace_service_pb2.CreateNamespaceRequest(
            name=name,
            owner=owner,
            description=description,
            labels=to_labels(metadata),
            quota_bytes=quota_bytes,
        )
        answer = self.connection.call(NamespaceService.CreateNamespace, request)
        return decode(Namespace, answer.namespace, self.connection)

    def namespace(self, namespace: str) -> Namespace:
        """A namespace by id or name; raises `NotFound`."""
        request = namespace_service_pb2.GetNamespaceRequest(namespace=namespace)
        answer = self.connection.call(NamespaceService.GetNamespace, request)
        return decode(Namespace, answer.namespace, self.connection)

    def namespaces(self, *, filter: str = "", order_by: str = "") -> Listing[Namespace]:
        """All namespaces, the newest first. `order_by` is name, created_at or updated_at, with ` desc` or without."""

        request = namespace_service_pb2.ListNamespacesRequest(filter=filter, order_by=order_by)
        return Listing(
            self.connection,
            NamespaceService.ListNamespaces,
            request,
            lambda page: [decode(Namespace, one, self.connection) for one in page.namespaces],
        )

    # Experiments and their checkpoints

    def new_experiment(
        self,
        name: str,
        owner: str = "",
        namespace: str = "default",
        external_id: str = "",
        framework: str = "",
        *,
        description: str = "",
        metadata: Mapping[str, Json] | None = None,
    ) -> Experiment:
        """Creates an experiment, or returns the one that is there with the same fields; with others: `AlreadyExists`.

        `namespace` is an id, or a name, which is created when it is not there. `external_id` is the run id in the
        system that started it, unique in the namespace. It ties the restarts of one job together: the experiment that
        has it is returned as it is, whatever the other arguments say. `metadata` are its labels.
        """
        return create_experiment(
            self.connection,
            namespace=namespace,
            name=name,
            owner=owner,
            external_id=external_id,
            framework=framework,
            description=description,
            metadata=metadata,
        )

    def experiment(self, experiment: str) -> Experiment:
        """An experiment by id or path; raises `NotFound`."""
        return get_experiment(self.connection, experiment)

    def experiments(self, namespace: str, *, filter: str = "", order_by: str = "") -> Listing[Experiment]:
        """The experiments of a namespace, the newest first; for example `filter='labels.gpu = "a100"'`.

        `order_by` is name, created_at, updated_at or `metrics.<key>`, with ` desc` for the other direction.
        """
        return list_experiments(self.connection, namespace, filter, order_by)

    def checkpoint(self, checkpoint: str) -> Checkpoint:
        """A checkpoint by id or path (`…/latest` is the last committed one); raises `NotFound`."""
        return get_checkpoint(self.connection, checkpoint)

    def checkpoints(self, experiment: str, *, filter: str = "", order_by: str = "") -> Listing[Checkpoint]:
        """The checkpoints of an experiment (id or path), or with `namespace/-` of all experiments of a namespace."""
        return list_checkpoints(self.connection, experiment, filter, order_by)

    # Models and their versions

    def new_model(
        self,
        name: str,
        owner: str = "",
        namespace: str = "default",
        task: str = "",
        description: str = "",
        *,
        metadata: Mapping[str, Json] | None = None,
        experiment: Experiment | str | None = None,
    ) -> Model:
        """Creates a model, or returns the one that is there with the same fields; with others: `AlreadyExists`.

        `namespace` is an id, or a name, which is created when it is not there. `metadata` are its labels. The lineage
        links `experiment` to it.
        """
        return create_model(
            self.connection,
            namespace=namespace,
            name=name,
            owner=owner,
            task=task,
            description=description,
            metadata=metadata,
            experiment=experiment,
        )

    def model(self, model: str) -> Model:
        """A model by id or path; raises `NotFound`."""
        return get_model(self.connection, model)

    def models(self, namespace: str, *, filter: str = "", order_by: str = "") -> Listing[Model]:
        """The models of a namespace, the newest first. `order_by` is name, created_at or updated_at."""
        return list_models(self.connection, namespace, filter, order_by)

    def model_version(self, version: str) -> ModelVersion:
        """A version by id, or by path with version or tag: `langtech/lid@3`, `langtech/lid@production`."""
        return get_version(self.connection, version)

    def model_versions(self, model: str, *, filter: str = "", order_by: str = "") -> Listing[ModelVersion]:
        """The versions of a model (id or path), or with `namespace/-` of all models of a namespace."""
        return list_versions(self.connection, model, filter, order_by)

    def artifact(self, artifact: str) -> Artifact:
        """An artifact by id; raises `NotFound`."""
        request = artifact_service_pb2.GetArtifactRequest(artifact=artifact)
        answer = self.connection.call(ArtifactService.GetArtifact, request)
        return decode(Artifact, answer.artifact, self.connection)

    def get(self, reference: str) -> ServerObject:
        """Any object by kind and id or path, for example `version:langtech/lid@production`; raises `NotFound`."""
        getters = {
            "namespace": self.namespace,
            "experiment": self.experiment,
            "checkpoint": self.checkpoint,
            "model": self.model,
            "version": self.model_version,
            "artifact": self.artifact,
        }
        kind, colon, name = reference.partition(":")
        if not colon or kind not in getters:
            raise InvalidInput(
                f'"{reference}" must begin with a kind: {", ".join(getters)}, then ":" and id or path.'
            )
        return getters[kind](name)

    # Changes

    def changes(
        self, namespace: str, *, after_sequence: int = 0, kinds: Sequence[str] = ()
    ) -> Listing[Change]:
        """What was changed in a namespace, in order: after a sequence number, and only of some kinds of objects."""
        return list_changes(self.connection, namespace, after_sequence, kinds)

    def watch(self, namespace: str, *, after_sequence: int | None = None, kinds: Sequence[str] = ()) -> Watch:
        """Changes as they are committed, for as long as one iterates: from now on, or after a sequence number."""
        return Watch(self.connection, namespace, after_sequence, kinds)

    # Lineage

    def lineage(
        self,
        node: str | ServerObject,
        *,
        namespace: str = "",
        direction: Direction = "both",
        max_depth: int = 5,
    ) -> Lineage:
        """The graph around an object, or around a node outside, such as `dataset:…`, which needs its `namespace`."""
        return lineage.get_lineage(self.connection, lineage.name_of(node), namespace, direction, max_depth)

    def add_lineage(self, namespace: str, edges: Iterable[LineageEdge]) -> list[LineageEdge]:
        """Adds 1 to 1,000 edges, all or none; one that is there already stays."""
        return lineage.add_edges(self.connection, namespace, edges)

    def remove_lineage(self, namespace: str, edges: Iterable[LineageEdge]) -> int:
        """Removes edges that were added, and returns how many were there."""
        return lineage.remove_edges(self.connection, namespace, edges)

    # The server

    def server_info(self) -> ServerInfo:
        """Version, roles, addresses and limits. A cheap way to find out whether address and token are right."""
        return decode(ServerInfo, self.connection.server_info(refresh=True), self.connection)

    def lease(self, lease: str) -> Lease:
        """A lease by id."""
        request = lease_service_pb2.GetLeaseRequest(lease_id=lease)
        return decode(Lease, self.connection.call(LeaseService.GetLease, request).lease, self.connection)

    def storage(self) -> ServerStorage:
        """What all files of the server take, chunks that several namespaces have counted once."""
        return storage.get_server_storage(self.connection)

    def namespace_storage(self, namespace: str) -> NamespaceStorage:
        """What the files of a namespace take, and what reuse and encoding have saved."""
        return storage.get_namespace_storage(self.connection, namespace)

    def namespaces_storage(self) -> Listing[NamespaceStorage]:
        """What the files of each namespace take, by name."""
        return storage.list_namespace_storage(self.connection)

    def objects_storage(self, namespace: str) -> Listing[ObjectStorage]:
        """What the objects of a namespace take, and what would be free if one were deleted; the oldest first."""
        return storage.list_object_storage(self.connection, namespace)

    def close(self) -> None:
        """Waits for `Experiment.save`, and ends the connections; later calls raise `InvalidInput`.

        Raises what failed of the saves.
        """
        try:
            self.connection.flush()
        finally:
            self.connection.close()

    def __repr__(self) -> str:
        return f"ModelBox({self.connection.base_url!r})"
