# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""`torch.distributed.checkpoint.save` to ModelBox."""

from __future__ import annotations

import dataclasses
import os
import uuid
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from torch.distributed.checkpoint.metadata import Metadata, MetadataIndex, StorageMeta
from torch.distributed.checkpoint.planner import SavePlan, SavePlanner
from torch.distributed.checkpoint.storage import StorageWriter, WriteResult
from torch.futures import Future

from modelbox._gen.artifact_service_pb2 import FileSet, FileSpec
from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox.errors import InvalidInput
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.objects.values import Json, to_labels, to_metrics
from modelbox.saving.commit import commit_checkpoint
from modelbox.saving.fence import FixedFence, RunFencing
from modelbox.torch.distributed_layout import RankFile, StoredItem
from modelbox.torch.distributed_metadata import METADATA_FILE, write_metadata
from modelbox.transfer.upload import begin_upload, upload_files


@dataclass(frozen=True)
class _Share:
    """What the coordinator tells a rank."""

    lease_id: str
    path: str
    """Of the rank's file."""


class DistributedWriter(StorageWriter):
    """Saves a state that several ranks have parts of as one checkpoint: `dcp.save(state, storage_writer=writer)`.

    Every rank makes one, of the same experiment, and sends its own part; nothing goes through another rank or a shared
    disk. The coordinator commits all of it at the end, so that the checkpoint is there whole or not at all: when a rank
    dies, the experiment's latest checkpoint is the one before.

    Tensors are stored as `shards/00000.safetensors` and so on, one file for each rank that has something to save, and
    the rest as `distributed.json`. Values that only pickle could restore are refused unless `allow_pickle` is set.
    Besides the state a rank needs 128 MiB, and memory for one tensor where they are not contiguous on the CPU.

    It works with `dcp.async_save` too; make one for each save. Planners must not keep plans of earlier saves.
    """

    def __init__(
        self,
        experiment: Experiment,
        step: int,
        *,
        name: str = "",
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Json] | None = None,
        allow_pickle: bool = False,
        fence: RunFencing | None = None,
    ) -> None:
        """`name`, `epoch`, `metrics` and `metadata` are those of `Experiment.new_checkpoint`; the coordinator's count.

        A `checkpoint_id` that is given to `dcp.save` is taken as the name. `fence` proves that this is the trainer of
        the run; by default it is that of `experiment`.
        """
        super().__init__()
        self._experiment = experiment
        self._request = CreateCheckpointRequest(
            experiment=experiment.id,
            name=name,
            step=step,
            epoch=epoch,
            labels=to_labels(metadata),
            metrics=to_metrics(metrics),
        )
        self._allow_pickle = allow_pickle
        self._fence = fence or FixedFence(experiment.run_fence)
        self._lease_id = ""
        self._open = ExitStack()
        # The lease of a save that failed in another rank, of which this one is not told.
        self._finalizer = weakref.finalize(self, self._open.close)
        self.checkpoint: Checkpoint | None = None
        """In the coordinator, once it is committed."""

    def reset(self, checkpoint_id: str | os.PathLike[str] | None = None) -> None:
        """A save begins."""
        self._open.close()
        self.checkpoint = None
        self._request.request_id = str(uuid.uuid4())
        if checkpoint_id:
            self._request.name = os.fspath(checkpoint_id)

    def set_up_storage_writer(self, is_coordinator: bool, *args: Any, **kwargs: Any) -> None:
        """Refuses to save without the other ranks."""
        if kwargs.get("use_collectives") is False:
            raise InvalidInput("A checkpoint is committed by all ranks together; leave use_collectives=True.")

    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        """Nothing is to be planned."""
        return plan

    def prepare_global_plan(self, plans: list[SavePlan]) -> list[SavePlan]:
        """In the coordinator: begins the upload, under whose lease all ranks send."""
        if not all(getattr(plan, "usable", True) for plan in plans):
            raise InvalidInput(
                "Each save has a lease of its own; make the planner with enable_plan_caching=False."
            )
        # Nobody waits for the bytes of a trainer that has lost its run.
        self._fence.current()
        size_bytes = sum(_size_of(plan) for plan in plans)
        keeper = begin_upload(self._experiment.connection, self._experiment.namespace_id, size_bytes)
        self._open.callback(keeper.close)
        self._lease_id = keeper.id
        return [
            dataclasses.replace(plan, storage_data=_Share(keeper.id, f"shards/{rank:05}.safetensors"))
            for rank, plan in enumerate(plans)
        ]

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> Future[list[WriteResult]]:
        """Sends what this rank has, and returns when the server has it durably."""
        share: _Share = plan.storage_data
        results: list[WriteResult] = []
        try:
            if plan.items:
                results = self._send(share, plan, planner)
        except BaseException:
            self._open.close()
            raise
        future: Future[list[WriteResult]] = Future()
        future.set_result(results)
        return future

    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        """In the coordinator: commits what all ranks have sent."""
        stored: dict[MetadataIndex, StoredItem] = {}
        specs: list[FileSpec] = []
        for result in (one for of_rank in results for one in of_rank):
            item: StoredItem = result.storage_data
            stored[result.index] = item
            if item.file_spec:
                specs.append(FileSpec.FromString(item.file_spec))
        files = {METADATA_FILE: write_metadata(metadata, stored)}
        with self._open:
            self.checkpoint = commit_checkpoint(
                self._experiment.connection,
                self._experiment.namespace_id,
                self._request,
                files,
                fence=self._fence,
                sent=FileSet(lease_id=self._lease_id, files=specs),
            )

    def storage_meta(self) -> StorageMeta | None:
        """Nothing that others should rely on."""
        return None

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: str | os.PathLike[str]) -> bool:
        """False: PyTorch does not choose this writer by itself."""
        return False

    def _send(self, share: _Share, plan: SavePlan, planner: SavePlanner) -> list[WriteResult]:
        file = RankFile(plan.items, planner, allow_pickle=self._allow_pickle)
        with upload_files(
            self._experiment.connection,
            self._experiment.namespace_id,
            {share.path: file},
            lease_id=share.lease_id,
        ) as uploaded:
            spec = uploaded.files[0].SerializeToString()
        return [
            WriteResult(
                index=part.item.index,
                size_in_bytes=part.size_bytes,
                storage_data=StoredItem(
                    share.path, part.offset, part.size_bytes, spec if number == 0 else b""
                ),
            )
            for number, part in enumerate(file.parts)
        ]


def _size_of(plan: SavePlan) -> int:
    size_bytes = 0
    for item in plan.items:
        if item.tensor_data is not None:
            chunk = item.tensor_data.chunk
            size_bytes += chunk.sizes.numel() * item.tensor_data.properties.dtype.itemsize
    return size_bytes
