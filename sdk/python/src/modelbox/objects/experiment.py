"""Experiments: training runs, which produce checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from google.protobuf.field_mask_pb2 import FieldMask

from modelbox._gen import experiment_service_pb2 as pb
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.lease_service_pb2 import LEASE_KIND_RUN
from modelbox._gen.methods import ExperimentService
from modelbox.connection import Connection
from modelbox.errors import AlreadyExists, InvalidInput
from modelbox.objects.artifact import Files, HasArtifacts
from modelbox.objects.base import Labelled
from modelbox.objects.checkpoint import (
    Checkpoint,
    create_checkpoint,
    get_checkpoint,
    list_checkpoints,
)
from modelbox.objects.decode import decode, decodes
from modelbox.objects.event import HasEvents
from modelbox.objects.lease import DEFAULT_TTL_SECONDS, HeldLease, acquire
from modelbox.objects.lineage import HasLineage
from modelbox.objects.metric import HasMetrics
from modelbox.objects.paging import Listing
from modelbox.objects.values import Json, MetricValue, to_labels
from modelbox.transfer import OnProgress

if TYPE_CHECKING:
    from modelbox.saving import SaveHandle


@decodes(pb.Experiment)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Experiment(Labelled, HasArtifacts, HasEvents, HasLineage, HasMetrics):
    """A training run."""

    kind: ClassVar[str] = "experiment"

    namespace_id: str
    path: str
    """`namespace/name`."""
    name: str
    """Unique among the experiments of the namespace."""
    owner: str
    """Who is responsible."""
    external_id: str
    """The run id in the system that started it; ties the restarts of one job together."""
    framework: str
    """What trains it, for example `pytorch`."""
    description: str
    metrics: Mapping[str, MetricValue]
    """For each key the value at the highest step, at most 100 keys; `latest_metrics` has all."""
    latest_checkpoint_id: str
    """The last committed checkpoint, when this was read; empty when there was none."""
    created_at: datetime
    updated_at: datetime
    _fence: RunFence | None = field(default=None, repr=False)

    def refresh(self) -> Experiment:
        """The experiment as it is now."""
        return replace(get_experiment(self._connection, self.id), _fence=self._fence)

    def new_checkpoint(
        self,
        step: int,
        files: Files | None = None,
        *,
        name: str = "",
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Json] | None = None,
        progress: OnProgress = None,
    ) -> Checkpoint:
        """Uploads files, and commits them with their metrics as a checkpoint: whole, or not at all.

        `name` is unique in the experiment, `step-<step>` when it is empty. `metrics` are stored at the checkpoint's
        step; `metadata` are its labels. Only bytes that the server lacks are sent. The same call again returns the
        checkpoint that is there; with other files or fields it raises `AlreadyExists`.

        Returns once the server has everything durably.
        """
        return replace(
            create_checkpoint(
                self._connection,
                self.id,
                self.namespace_id,
                step=step,
                files=files,
                name=name,
                epoch=epoch,
                metrics=metrics,
                metadata=metadata,
                fence=self._fence,
                progress=progress,
            ),
            _fence=self._fence,
        )

    def save(
        self,
        state: Any,
        step: int,
        *,
        name: str = "",
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Json] | None = None,
        wait: bool = False,
        when_busy: Literal["wait", "replace"] = "wait",
        allow_pickle: bool = False,
    ) -> SaveHandle:
        """Saves a state as a checkpoint, in the background: returns once it is copied, and training may change it.

        `state` is nested dictionaries, lists and tuples with tensors of PyTorch, arrays of NumPy, numbers, texts and
        bytes, as the `state_dict()` of modules, optimizers and schedulers is; objects that have one stand for it. Views
        are stored as what they show, and what stands there several times once. Anything else raises `InvalidInput`,
        which names it, unless `allow_pickle` stores it by pickle.

        The copy, one at most, is sent while training goes on; the experiment's latest checkpoint is this one once its
        bytes are durable. While an earlier copy is being sent, this waits, or replaces it, as `when_busy` says. `wait`
        makes it return when all is durable. Failures are raised by the handle's `result()`, by the next `save`, and by
        `ModelBox.close`, which waits for all. The end of the program waits too. `StateSaver` has more choices.

        `name`, `epoch`, `metrics` and `metadata` are those of `new_checkpoint`.
        """
        return self._connection.savers.of(self, when_busy).save(
            state,
            step,
            name=name,
            epoch=epoch,
            metrics=metrics,
            metadata=metadata,
            wait=wait,
            allow_pickle=allow_pickle,
        )

    def restore(
        self,
        checkpoint: Checkpoint | str | None = None,
        *,
        map_location: Any = None,
        into: Any = None,
        allow_pickle: bool = False,
        cache: bool | None = None,
        progress: OnProgress = None,
    ) -> Any:
        """The state that `save` has saved: of a checkpoint, or of the one with this name, by default of the latest.

        Waits for what this process still saves of the experiment by `save`, and goes on from that. `None` when there is
        none yet. The other arguments are those of `Checkpoint.restore`; where you need the step
        too, use `latest_checkpoint()` and that.
        """
        if not isinstance(checkpoint, Checkpoint):
            self._connection.savers.settle(self.id)
        if checkpoint is None:
            checkpoint = self.latest_checkpoint()
            if checkpoint is None:
                return None
        elif isinstance(checkpoint, str):
            checkpoint = self.checkpoint(checkpoint)
        return checkpoint.restore(
            map_location=map_location, into=into, allow_pickle=allow_pickle, cache=cache, progress=progress
        )

    def latest_checkpoint(self) -> Checkpoint | None:
        """The last committed one now; `None` when there is none."""
        latest = self.refresh().latest_checkpoint_id
        return replace(get_checkpoint(self._connection, latest), _fence=self._fence) if latest else None

    def checkpoint(self, name: str) -> Checkpoint:
        """One of its checkpoints by name; raises `NotFound`."""
        if "/" in name:
            raise InvalidInput(f'"{name}" is no name of a checkpoint; give a path to `ModelBox.checkpoint`.')
        return replace(get_checkpoint(self._connection, f"{self.refresh().path}/{name}"), _fence=self._fence)

    def checkpoints(self, *, filter: str = "", order_by: str = "") -> Listing[Checkpoint]:
        """Its checkpoints, the newest first; for example `filter="metrics.loss < 0.5"`, `order_by="step"`.

        `order_by` is name, step, created_at, updated_at or `metrics.<key>`, with ` desc` for the other direction.
        """
        return list_checkpoints(self._connection, self.id, filter, order_by)

    def start_run(
        self,
        *,
        holder: str = "",
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        take_over: bool = False,
        wait_seconds: float = 0.0,
    ) -> Run:
        """Takes the run lease: one trainer for each experiment.

        Another trainer that holds it makes this raise `FailedPrecondition` with the reason `LEASE_HELD`, after
        `wait_seconds`; the same `holder` (host and process by default) gets it anew. With `take_over` the other is
        ended: what it writes through its run raises `Aborted` from then on.

        `ttl_seconds`, 10 to 86,400, is how long the lease lasts when this process dies.
        """
        lease = acquire(
            self._connection,
            LEASE_KIND_RUN,
            self.reference,
            holder=holder,
            ttl_seconds=ttl_seconds,
            take_over=take_over,
            wait_seconds=wait_seconds,
        )
        return Run(self, HeldLease(self._connection, lease))

    def update(
        self,
        *,
        name: str | None = None,
        owner: str | None = None,
        external_id: str | None = None,
        framework: str | None = None,
        description: str | None = None,
        if_unchanged: bool = False,
    ) -> Experiment:
        """Changes what is given, and returns the experiment as it is then; renaming keeps links and history.

        With `if_unchanged` it raises `Aborted` when the experiment was changed since it was read.
        """
        update = pb.ExperimentUpdate(
            name=name, owner=owner, external_id=external_id, framework=framework, description=description
        )
        request = pb.UpdateExperimentRequest(
            experiment=self.id,
            update=update,
            update_mask=FieldMask(paths=[one.name for one, _ in update.ListFields()]),
            etag=self.etag if if_unchanged else "",
        )
        answer = self._connection.call(ExperimentService.UpdateExperiment, request)
        return replace(decode(Experiment, answer.experiment, self._connection), _fence=self._fence)

    def delete(self, *, recursive: bool = False, if_unchanged: bool = False) -> None:
        """Deletes it; with its checkpoints only when `recursive` is set."""
        request = pb.DeleteExperimentRequest(
            experiment=self.id, recursive=recursive, etag=self.etag if if_unchanged else ""
        )
        self._connection.call(ExperimentService.DeleteExperiment, request)

    @property
    def run_fence(self) -> RunFence | None:
        """What its writes carry to prove that they are of the run that trains; `None` outside of a run."""
        return self._fence

    def _fence_of_run(self) -> RunFence | None:
        return self._fence


class Run:
    """The right to train an experiment, renewed by a thread until `release` or the end of a `with`."""

    def __init__(self, experiment: Experiment, lease: HeldLease) -> None:
        self.lease = lease
        """`lease.lost` says when another trainer has taken over."""
        self.experiment = replace(experiment, _fence=lease.fence())
        """Its checkpoints and metrics are refused with `Aborted` once this run is no longer the one that trains."""

    def release(self) -> None:
        """Lets others train."""
        self.lease.release()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def get_experiment(connection: Connection, experiment: str) -> Experiment:
    """By id or path."""
    answer = connection.call(ExperimentService.GetExperiment, pb.GetExperimentRequest(experiment=experiment))
    return decode(Experiment, answer.experiment, connection)


def list_experiments(
    connection: Connection, namespace: str, filter: str, order_by: str
) -> Listing[Experiment]:
    """Of a namespace."""

    request = pb.ListExperimentsRequest(namespace=namespace, filter=filter, order_by=order_by)
    return Listing(
        connection,
        ExperimentService.ListExperiments,
        request,
        lambda page: [decode(Experiment, one, connection) for one in page.experiments],
    )


def create_experiment(
    connection: Connection,
    *,
    namespace: str,
    name: str,
    owner: str,
    external_id: str,
    framework: str,
    description: str,
    metadata: Mapping[str, Json] | None,
) -> Experiment:
    """New, or the one that is there: with the same run id, or with the same fields."""
    request = pb.CreateExperimentRequest(
        namespace=namespace,
        name=name,
        owner=owner,
        external_id=external_id,
        framework=framework,
        description=description,
        labels=to_labels(metadata),
    )
    try:
        answer = connection.call(ExperimentService.CreateExperiment, request)
    except AlreadyExists as error:
        path = error.metadata.get("name", "")
        found = get_experiment(connection, path) if external_id and path else None
        if found is None or found.external_id != external_id:
            raise
        return found
    return decode(Experiment, answer.experiment, connection)
