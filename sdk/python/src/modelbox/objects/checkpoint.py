"""Checkpoints: the state of a training run at a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from modelbox._gen import checkpoint_service_pb2 as pb
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.methods import CheckpointService
from modelbox.connection import Connection
from modelbox.objects.artifact import Artifact, Files, HasArtifacts, HasFiles
from modelbox.objects.base import Labelled
from modelbox.objects.decode import decode, decodes
from modelbox.objects.event import HasEvents
from modelbox.objects.lease import Holdable
from modelbox.objects.lineage import HasLineage
from modelbox.objects.metric import HasMetrics
from modelbox.objects.paging import Listing
from modelbox.objects.values import Json, MetricValue, to_labels, to_metrics
from modelbox.transfer import OnProgress, upload_files

if TYPE_CHECKING:
    from modelbox.objects.experiment import Experiment


@decodes(pb.Checkpoint)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Checkpoint(Labelled, HasFiles, HasArtifacts, HasEvents, HasLineage, HasMetrics, Holdable):
    """Files and metrics of a step, committed together."""

    kind: ClassVar[str] = "checkpoint"

    namespace_id: str
    experiment_id: str
    path: str
    """`namespace/experiment/name`."""
    name: str
    """Unique in the experiment; `step-<n>` when none was given."""
    step: int
    epoch: int | None
    """Where training has epochs."""
    metrics: Mapping[str, MetricValue]
    """For each key the value at the highest step, at most 100 keys; `latest_metrics` has all."""
    artifact: Artifact | None
    """The files that were committed with it; `None` for a checkpoint of metrics alone."""
    created_at: datetime
    """When it was committed, in UTC."""
    updated_at: datetime
    _fence: RunFence | None = field(default=None, repr=False)

    def refresh(self) -> Checkpoint:
        """The checkpoint as it is now."""
        return get_checkpoint(self._connection, self.id)

    def experiment(self) -> Experiment:
        """The run that produced it."""
        from modelbox.objects.experiment import get_experiment

        return get_experiment(self._connection, self.experiment_id)

    def restore(
        self,
        *,
        map_location: Any = None,
        into: Any = None,
        allow_pickle: bool = False,
        cache: bool | None = None,
        progress: OnProgress = None,
    ) -> Any:
        """The state that `Experiment.save` has saved here. All bytes are checked, and come right where they belong.

        Tensors are on the device `map_location`, by default the CPU; without PyTorch they are arrays of NumPy.

        `into` is built like the state, or like a part of it, and takes what it has a place for: its tensors and arrays
        are written to, objects with `load_state_dict` (modules, optimizers, schedulers) get their part by that, `None`
        and numbers stand for whatever was saved. What it does not name is neither fetched nor returned:
        `restore(into={"model": model, "optimizer": optimizer, "epoch": None})`. Where shapes or keys don't fit,
        `InvalidInput` says which, before anything is written; when the download fails, `into` has wrong bytes.

        `cache` says whether to use the cache of chunks on disk, and fill it; by default unless the server is on this
        machine. A lease keeps the checkpoint from being deleted meanwhile. What was saved by pickle is refused without
        `allow_pickle`: reading it can run any code.
        """
        from modelbox.state.kinds import kinds_to_restore
        from modelbox.state.restore import RestoreOptions, restore_state

        options = RestoreOptions(into=into, allow_pickle=allow_pickle, cache=cache, progress=progress)
        return restore_state(self._connection, self.reference, kinds_to_restore(map_location), options)

    def update(self, *, name: str, if_unchanged: bool = False) -> Checkpoint:
        """Renames it. With `if_unchanged` it raises `Aborted` when it was changed since it was read."""
        request = pb.UpdateCheckpointRequest(
            checkpoint=self.id,
            update=pb.CheckpointUpdate(name=name),
            etag=self.etag if if_unchanged else "",
        )
        answer = self._connection.call(CheckpointService.UpdateCheckpoint, request)
        return decode(Checkpoint, answer.checkpoint, self._connection)

    def delete(self, *, recursive: bool = False, if_unchanged: bool = False) -> None:
        """Deletes it, unless a lease holds it; with artifacts that were added later only when `recursive` is set."""
        request = pb.DeleteCheckpointRequest(
            checkpoint=self.id, recursive=recursive, etag=self.etag if if_unchanged else ""
        )
        self._connection.call(CheckpointService.DeleteCheckpoint, request)

    def _fence_of_run(self) -> RunFence | None:
        return self._fence


def get_checkpoint(connection: Connection, checkpoint: str) -> Checkpoint:
    """By id or path."""
    answer = connection.call(CheckpointService.GetCheckpoint, pb.GetCheckpointRequest(checkpoint=checkpoint))
    return decode(Checkpoint, answer.checkpoint, connection)


def list_checkpoints(
    connection: Connection, experiment: str, filter: str, order_by: str
) -> Listing[Checkpoint]:
    """Of an experiment, or with `namespace/-` of all experiments of a namespace."""

    request = pb.ListCheckpointsRequest(
        experiment=experiment,
        filter=filter,
        order_by=order_by,
    )
    return Listing(
        connection,
        CheckpointService.ListCheckpoints,
        request,
        lambda page: [decode(Checkpoint, one, connection) for one in page.checkpoints],
    )


def create_checkpoint(
    connection: Connection,
    experiment: str,
    namespace: str,
    *,
    step: int,
    files: Files | None,
    name: str,
    epoch: int | None,
    metrics: Mapping[str, Any] | None,
    metadata: Mapping[str, Json] | None,
    fence: RunFence | None,
    progress: OnProgress,
) -> Checkpoint:
    """Uploads and commits."""
    request = pb.CreateCheckpointRequest(
        experiment=experiment,
        name=name,
        step=step,
        epoch=epoch,
        labels=to_labels(metadata),
        metrics=to_metrics(metrics),
        fence=fence,
    )
    if files is None:
        answer = connection.call(CheckpointService.CreateCheckpoint, request)
    else:
        with upload_files(connection, namespace, files, progress=progress) as uploaded:
            request.files.CopyFrom(uploaded.file_set())
            answer = connection.call(CheckpointService.CreateCheckpoint, request)
    return decode(Checkpoint, answer.checkpoint, connection)
