"""Models: what all trained versions for one task have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from google.protobuf.field_mask_pb2 import FieldMask

from modelbox._gen import model_service_pb2 as pb
from modelbox._gen import model_version_service_pb2 as version_pb
from modelbox._gen.methods import ModelService, ModelVersionService
from modelbox.connection import Connection
from modelbox.errors import InvalidInput
from modelbox.objects.artifact import Files, HasArtifacts
from modelbox.objects.base import Labelled
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.decode import decode, decodes
from modelbox.objects.event import HasEvents
from modelbox.objects.experiment import Experiment
from modelbox.objects.lineage import HasLineage
from modelbox.objects.metric import HasMetrics
from modelbox.objects.model_version import (
    ModelVersion,
    TagAssignment,
    create_version,
    get_version,
    list_versions,
)
from modelbox.objects.paging import Listing
from modelbox.objects.values import Json, to_labels
from modelbox.transfer import OnProgress


@decodes(pb.Model)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Model(Labelled, HasArtifacts, HasEvents, HasLineage, HasMetrics):
    """What versions for one task have in common."""

    kind: ClassVar[str] = "model"

    namespace_id: str
    path: str
    """`namespace/name`."""
    name: str
    """Unique among the models of the namespace."""
    owner: str
    """Who is responsible."""
    task: str
    """What it does, for example `lang-id`."""
    description: str
    tags: Mapping[str, str]
    """Unique tags: tag to version, for example `production` to `3`."""
    latest_version: str
    """The version that was created last; empty when there is none."""
    created_at: datetime
    updated_at: datetime

    def refresh(self) -> Model:
        """The model as it is now."""
        return get_model(self._connection, self.id)

    def new_model_version(
        self,
        version: str = "",
        name: str = "",
        description: str = "",
        artifacts: Files | None = None,
        metadata: Mapping[str, Json] | None = None,
        unique_tags: Sequence[str] = (),
        framework: str = "",
        *,
        checkpoint: Checkpoint | str | None = None,
        experiment: Experiment | str | None = None,
        metrics: Mapping[str, Any] | None = None,
        progress: OnProgress = None,
    ) -> ModelVersion:
        """Uploads files, and commits them as a version: whole, or not at all.

        `version` is unique in the model, the next whole number when it is empty; `name` is a title. `artifacts` are its
        files; without them it has those of `checkpoint`, and no byte moves. `metadata` are its labels; `unique_tags`,
        up to 32, are taken from the versions that have them. `checkpoint` and `experiment` (objects, ids or paths) are
        what it came from. `metrics` are stored at step 0.
        """
        if isinstance(unique_tags, str):
            raise InvalidInput(f'unique_tags is a list of names: write ["{unique_tags}"].')
        return create_version(
            self._connection,
            self.id,
            self.namespace_id,
            version_pb.CreateModelVersionRequest(
                version=version,
                name=name,
                description=description,
                framework=framework,
                checkpoint=checkpoint.id if isinstance(checkpoint, Checkpoint) else checkpoint,
                experiment=experiment.id if isinstance(experiment, Experiment) else experiment,
                tags=unique_tags,
            ),
            files=artifacts,
            metadata=metadata,
            metrics=metrics,
            progress=progress,
        )

    def version(self, version: str) -> ModelVersion:
        """One of its versions, by its name (`"3"`) or by a unique tag (`"production"`); raises `NotFound`."""
        return get_version(self._connection, f"{self.refresh().path}@{version}")

    def versions(self, *, filter: str = "", order_by: str = "") -> Listing[ModelVersion]:
        """Its versions, the newest first; for example `filter='tags HAS "production"'`.

        `order_by` is version, created_at, updated_at or `metrics.<key>`, with ` desc` for the other direction.
        """
        return list_versions(self._connection, self.id, filter, order_by)

    def remove_unique_tag(self, tag: str) -> ModelVersion:
        """Takes a unique tag away, and returns the version that carried it."""
        request = version_pb.RemoveUniqueTagRequest(model=self.id, tag=tag)
        answer = self._connection.call(ModelVersionService.RemoveUniqueTag, request)
        return decode(ModelVersion, answer.version, self._connection)

    def tag_history(self, tag: str = "") -> Listing[TagAssignment]:
        """Who carried a tag, or any tag, and when, the newest first."""

        request = version_pb.ListTagHistoryRequest(model=self.id, tag=tag)
        return Listing(
            self._connection,
            ModelVersionService.ListTagHistory,
            request,
            lambda page: [decode(TagAssignment, one, self._connection) for one in page.assignments],
        )

    def update(
        self,
        *,
        name: str | None = None,
        owner: str | None = None,
        task: str | None = None,
        description: str | None = None,
        if_unchanged: bool = False,
    ) -> Model:
        """Changes what is given, and returns the model as it is then; renaming keeps links and history.

        With `if_unchanged` it raises `Aborted` when the model was changed since it was read.
        """
        update = pb.ModelUpdate(name=name, owner=owner, task=task, description=description)
        request = pb.UpdateModelRequest(
            model=self.id,
            update=update,
            update_mask=FieldMask(paths=[one.name for one, _ in update.ListFields()]),
            etag=self.etag if if_unchanged else "",
        )
        answer = self._connection.call(ModelService.UpdateModel, request)
        return decode(Model, answer.model, self._connection)

    def delete(self, *, recursive: bool = False, if_unchanged: bool = False) -> None:
        """Deletes it; with its versions and tags only when `recursive` is set."""
        request = pb.DeleteModelRequest(
            model=self.id, recursive=recursive, etag=self.etag if if_unchanged else ""
        )
        self._connection.call(ModelService.DeleteModel, request)


def get_model(connection: Connection, model: str) -> Model:
    """By id or path."""
    answer = connection.call(ModelService.GetModel, pb.GetModelRequest(model=model))
    return decode(Model, answer.model, connection)


def list_models(connection: Connection, namespace: str, filter: str, order_by: str) -> Listing[Model]:
    """Of a namespace."""

    request = pb.ListModelsRequest(namespace=namespace, filter=filter, order_by=order_by)
    return Listing(
        connection,
        ModelService.ListModels,
        request,
        lambda page: [decode(Model, one, connection) for one in page.models],
    )


def create_model(
    connection: Connection,
    *,
    namespace: str,
    name: str,
    owner: str,
    task: str,
    description: str,
    metadata: Mapping[str, Json] | None,
    experiment: Experiment | str | None,
) -> Model:
    """New, or the one that is there with the same fields."""
    request = pb.CreateModelRequest(
        namespace=namespace,
        name=name,
        owner=owner,
        task=task,
        description=description,
        labels=to_labels(metadata),
        experiment=experiment.id if isinstance(experiment, Experiment) else experiment,
    )
    answer = connection.call(ModelService.CreateModel, request)
    return decode(Model, answer.model, connection)
