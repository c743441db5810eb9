"""Versions: trained models, and the unique tags that say which of them is, for example, in production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from google.protobuf.field_mask_pb2 import FieldMask

from modelbox._gen import common_pb2
from modelbox._gen import model_version_service_pb2 as pb
from modelbox._gen.methods import ModelVersionService
from modelbox.connection import Connection
from modelbox.objects.artifact import Artifact, Files, HasArtifacts, HasFiles
from modelbox.objects.base import Labelled
from modelbox.objects.checkpoint import Checkpoint, get_checkpoint
from modelbox.objects.decode import decode, decodes
from modelbox.objects.event import HasEvents
from modelbox.objects.experiment import Experiment, get_experiment
from modelbox.objects.lease import Holdable
from modelbox.objects.lineage import HasLineage
from modelbox.objects.metric import HasMetrics
from modelbox.objects.paging import Listing
from modelbox.objects.values import Json, MetricValue, to_labels, to_metrics
from modelbox.transfer import OnProgress, upload_files

if TYPE_CHECKING:
    from modelbox.objects.model import Model


@decodes(common_pb2.UniqueTag)
@dataclass(frozen=True, kw_only=True)
class UniqueTag:
    """A tag that at most one version of a model carries."""

    name: str
    """For example `production`."""
    set_at: datetime
    """Since when this version carries it, in UTC."""


@decodes(pb.TagAssignment)
@dataclass(frozen=True, kw_only=True)
class TagAssignment:
    """That a version carried a tag for a time."""

    tag: str
    model_id: str
    version_id: str
    """Kept when the version is deleted."""
    version: str
    """The version's name, for example `3`."""
    set_at: datetime
    unset_at: datetime | None
    """`None` while it still carries the tag."""
    actor: str
    """Who set it."""


@decodes(pb.ModelVersion)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ModelVersion(Labelled, HasFiles, HasArtifacts, HasEvents, HasLineage, HasMetrics, Holdable):
    """A trained model."""

    kind: ClassVar[str] = "version"

    namespace_id: str
    model_id: str
    path: str
    """`namespace/model@version`."""
    version: str
    """Unique in the model, for example `3` or `2026-11-rc1`."""
    name: str
    """A title."""
    description: str
    framework: str
    """What runs it, for example `onnx`."""
    checkpoint_id: str
    """The checkpoint it came from; empty when there is none."""
    experiment_id: str
    """The experiment it came from; empty when there is none."""
    tags: tuple[UniqueTag, ...]
    """The unique tags that it carried when it was read."""
    metrics: Mapping[str, MetricValue]
    """For each key the value at the highest step, at most 100 keys; `latest_metrics` has all."""
    artifact: Artifact | None
    """The files that were committed with it."""
    created_at: datetime
    """When it was committed, in UTC."""
    updated_at: datetime

    def refresh(self) -> ModelVersion:
        """The version as it is now."""
        return get_version(self._connection, self.id)

    def model(self) -> Model:
        """The model that it is a version of."""
        from modelbox.objects.model import get_model

        return get_model(self._connection, self.model_id)

    def checkpoint(self) -> Checkpoint | None:
        """The checkpoint it came from."""
        return get_checkpoint(self._connection, self.checkpoint_id) if self.checkpoint_id else None

    def experiment(self) -> Experiment | None:
        """The experiment it came from."""
        return get_experiment(self._connection, self.experiment_id) if self.experiment_id else None

    def set_unique_tag(self, tag: str, *, expected_version: str = "") -> ModelVersion:
        """Gives a unique tag to this version, taking it from the one that has it, in one step.

        With `expected_version` (id or path, or "none" for nobody) it raises `Aborted` unless that one carries the tag
        now. Returns this version as it is then.
        """
        request = pb.SetUniqueTagRequest(version=self.id, tag=tag, expected_version=expected_version)
        answer = self._connection.call(ModelVersionService.SetUniqueTag, request)
        return decode(ModelVersion, answer.version, self._connection)

    def update(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        framework: str | None = None,
        if_unchanged: bool = False,
    ) -> ModelVersion:
        """Changes what is given, and returns the version as it is then.

        With `if_unchanged` it raises `Aborted` when the version was changed since it was read.
        """
        update = pb.ModelVersionUpdate(name=name, description=description, framework=framework)
        request = pb.UpdateModelVersionRequest(
            version=self.id,
            update=update,
            update_mask=FieldMask(paths=[one.name for one, _ in update.ListFields()]),
            etag=self.etag if if_unchanged else "",
        )
        answer = self._connection.call(ModelVersionService.UpdateModelVersion, request)
        return decode(ModelVersion, answer.version, self._connection)

    def delete(self, *, recursive: bool = False, if_unchanged: bool = False) -> None:
        """Deletes it; with tags or with artifacts that were added later only when `recursive` is set."""
        request = pb.DeleteModelVersionRequest(
            version=self.id, recursive=recursive, etag=self.etag if if_unchanged else ""
        )
        self._connection.call(ModelVersionService.DeleteModelVersion, request)


def get_version(connection: Connection, version: str) -> ModelVersion:
    """By id or path."""
    answer = connection.call(ModelVersionService.GetModelVersion, pb.GetModelVersionRequest(version=version))
    return decode(ModelVersion, answer.version, connection)


def list_versions(connection: Connection, model: str, filter: str, order_by: str) -> Listing[ModelVersion]:
    """Of a model, or with `namespace/-` of all models of a namespace."""

    request = pb.ListModelVersionsRequest(model=model, filter=filter, order_by=order_by)
    return Listing(
        connection,
        ModelVersionService.ListModelVersions,
        request,
        lambda page: [decode(ModelVersion, one, connection) for one in page.versions],
    )


def create_version(
    connection: Connection,
    model: str,
    namespace: str,
    request: pb.CreateModelVersionRequest,
    *,
    files: Files | None,
    metadata: Mapping[str, Json] | None,
    metrics: Mapping[str, Any] | None,
    progress: OnProgress,
) -> ModelVersion:
    """Uploads and commits what the request says besides."""
    complete = pb.CreateModelVersionRequest(
        model=model, labels=to_labels(metadata), metrics=to_metrics(metrics)
    )
    complete.MergeFrom(request)
    if files is None:
        answer = connection.call(ModelVersionService.CreateModelVersion, complete)
    else:
        with upload_files(connection, namespace, files, progress=progress) as uploaded:
            complete.files.CopyFrom(uploaded.file_set())
            answer = connection.call(ModelVersionService.CreateModelVersion, complete)
    return decode(ModelVersion, answer.version, connection)
