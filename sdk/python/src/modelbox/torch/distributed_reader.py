# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""`torch.distributed.checkpoint.load` from ModelBox."""

from __future__ import annotations

import dataclasses
import io
import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch.distributed.checkpoint.metadata import Metadata, TensorStorageMetadata
from torch.distributed.checkpoint.planner import LoadItemType, LoadPlan, LoadPlanner, ReadItem
from torch.distributed.checkpoint.storage import StorageReader
from torch.futures import Future

from modelbox.errors import InvalidInput
from modelbox.objects.checkpoint import Checkpoint
from modelbox.state.limits import MAX_TREE_BYTES
from modelbox.state.restore import read_whole
from modelbox.torch.distributed_layout import StoredItem, load_plain
from modelbox.torch.distributed_metadata import METADATA_FILE, read_metadata
from modelbox.torch.memory import bytes_of
from modelbox.transfer import FileSource, StoredFile, held, list_files
from modelbox.transfer.scatter import Piece, download_scattered

_BATCH_BYTES = 256 << 20
"""What is read at once of tensors that can't be read to where they belong. One that is larger is read alone."""


@dataclass
class _Read:
    """An item on its way."""

    item: ReadItem
    path: str
    piece: Piece
    scratch: Any
    """What is received and then copied: a tensor, or a `bytearray`. `None` where it goes straight to its place."""
    target: Any


class DistributedReader(StorageReader):
    """Loads what `DistributedWriter` has saved: `dcp.load(state, storage_reader=DistributedReader(checkpoint))`.

    All ranks give the same checkpoint; there may be more or fewer of them than when it was saved. Each fetches what it
    needs, checked, straight into its tensors where those are contiguous on the CPU and whole rows are wanted; else
    through 256 MiB of memory, or that of one tensor. A lease keeps the checkpoint from being deleted meanwhile.

    What is no tensor comes back without running code of the checkpoint; what needs pickle for it is refused unless
    `allow_pickle` is set.
    """

    def __init__(
        self, checkpoint: Checkpoint | None, *, allow_pickle: bool = False, cache: bool | None = None
    ) -> None:
        """`cache` says whether to use the cache of chunks; by default unless the server is on this machine.

        Raises `InvalidInput` for the checkpoint `None`, which `latest_checkpoint()` is before the first save.
        """
        super().__init__()
        if checkpoint is None:
            raise InvalidInput(
                "There is no checkpoint to load: `latest_checkpoint()` is None until one is saved; begin anew then."
            )
        self._checkpoint = checkpoint
        self._allow_pickle = allow_pickle
        self._cache = cache
        self._files: dict[str, StoredFile] = {}
        self._metadata: Metadata | None = None
        self._open = ExitStack()
        # The lease of a load that failed in another rank, of which this one is not told.
        self._finalizer = weakref.finalize(self, self._open.close)

    def reset(self, checkpoint_id: str | os.PathLike[str] | None = None) -> None:
        """A load begins. Raises `InvalidInput` where it is of something else than the reader's checkpoint."""
        self._open.close()
        if checkpoint_id and os.fspath(checkpoint_id) not in (self._checkpoint.id, self._checkpoint.path):
            raise InvalidInput(
                f"This reader is of {self._checkpoint.path}; leave checkpoint_id out, or make another one."
            )

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """What the checkpoint has. Raises `InvalidInput` where it was saved otherwise."""
        connection = self._checkpoint.connection
        self._open.close()
        source = self._open.enter_context(held(connection, FileSource.of(self._checkpoint.reference)))
        self._files = {
            file.path: StoredFile.of(file) for file in list_files(connection, source) if not file.uri
        }
        file = self._files.get(METADATA_FILE)
        if file is None:
            raise InvalidInput(
                f"{self._checkpoint.path} was not saved by a DistributedWriter: it has no {METADATA_FILE}. "
                "`checkpoint.restore()` is for what `experiment.save` has saved."
            )
        data = read_whole(connection, file, MAX_TREE_BYTES, cache=self._cache)
        return read_metadata(data, {path: one.size for path, one in self._files.items()})

    def set_up_storage_reader(
        self, metadata: Metadata, is_coordinator: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Takes what `read_metadata` has found."""
        self._metadata = metadata

    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        """Tells the coordinator which checkpoint this rank reads."""
        return dataclasses.replace(plan, storage_data=self._checkpoint.id)

    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        """Raises `InvalidInput` where ranks would load different checkpoints."""
        ids = {plan.storage_data for plan in plans}
        if len(ids) > 1:
            raise InvalidInput(
                f"The ranks load {len(ids)} different checkpoints; let one find it, and tell the others its path."
            )
        return plans

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        """Fetches what this rank wants."""
        with self._open:
            for batch in self._batches(plan.items, planner):
                self._fetch(batch)
                for one in batch:
                    self._take(one, planner)
        future: Future[None] = Future()
        future.set_result(None)
        return future

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: str | os.PathLike[str]) -> bool:
        """False: PyTorch does not choose this reader by itself."""
        return False

    def _batches(self, items: Sequence[ReadItem], planner: LoadPlanner) -> Iterator[list[_Read]]:
        """All reads, in parts whose scratch memory is bounded."""
        batch: list[_Read] = []
        size_bytes = 0
        for item in items:
            read = self._read(item, planner)
            needed = 0 if read.scratch is None else read.piece.size_bytes
            if batch and size_bytes + needed > _BATCH_BYTES:
                yield batch
                batch, size_bytes = [], 0
            batch.append(read)
            size_bytes += needed
        if batch:
            yield batch

    def _read(self, item: ReadItem, planner: LoadPlanner) -> _Read:
        assert self._metadata is not None
        stored: StoredItem = self._metadata.storage_data[item.storage_index]
        if item.type == LoadItemType.BYTE_IO:
            data = bytearray(stored.size_bytes)
            piece = Piece(stored.offset, stored.size_bytes, memoryview(data))
            return _Read(item, stored.path, piece, data, None)
        facts = self._metadata.state_dict_metadata[item.storage_index.fqn]
        assert isinstance(facts, TensorStorageMetadata)
        dtype = facts.properties.dtype
        chunk = next(
            one
            for one in facts.chunks
            if tuple(one.offsets) == tuple(item.storage_index.offset or one.offsets)
        )
        # Rows are what lies together in the file.
        shape = list(chunk.sizes)
        row_bytes = dtype.itemsize * prod(shape[1:])
        first, count = (item.storage_offsets[0], item.lengths[0]) if shape else (0, 1)
        offset, size_bytes = stored.offset + first * row_bytes, count * row_bytes
        target = planner.resolve_tensor(item).detach()
        if tuple(target.shape) != tuple(item.lengths):
            raise InvalidInput(
                f"{item.dest_index.fqn} has the shape {list(target.shape)} here, and {list(item.lengths)} is wanted."
            )
        is_direct = (
            list(item.lengths[1:]) == shape[1:]
            and target.device.type == "cpu"
            and target.dtype == dtype
            and target.is_contiguous()
            and not target.is_conj()
            and not target.is_neg()
        )
        received = target if is_direct else torch.empty([count, *shape[1:]] if shape else [], dtype=dtype)
        piece = Piece(offset, size_bytes, bytes_of(received))
        return _Read(item, stored.path, piece, None if is_direct else received, target)

    def _fetch(self, batch: Sequence[_Read]) -> None:
        by_path: dict[str, list[Piece]] = {}
        for one in batch:
            by_path.setdefault(one.path, []).append(one.piece)
        for path, pieces in by_path.items():
            for part in _without_overlaps(pieces):
                download_scattered(self._checkpoint.connection, self._files[path], part, cache=self._cache)

    def _take(self, read: _Read, planner: LoadPlanner) -> None:
        if read.item.type == LoadItemType.BYTE_IO:
            planner.load_bytes(read.item, self._plain(read.item.dest_index.fqn, bytes(read.scratch)))
            return
        if read.scratch is not None:
            found = read.scratch
            for dimension in range(1, found.dim()):
                offset, length = read.item.storage_offsets[dimension], read.item.lengths[dimension]
                found = found.narrow(dimension, offset, length)
            with torch.no_grad():
                read.target.copy_(found)
        planner.commit_tensor(read.item, read.target)

    def _plain(self, name: str, data: bytes) -> io.BytesIO:
        """Bytes that the planner may load with pickle, as PyTorch's does."""
        if self._allow_pickle:
            return io.BytesIO(data)
        try:
            value = load_plain(data)
        except Exception as error:
            raise InvalidInput(
                f"{name} was saved by pickle, and reading it can run any code that whoever saved it wants; if you "
                f"trust them, load with allow_pickle=True ({str(error).splitlines()[0]})."
            ) from None
        # What is unpickled was written here, from a value that has no code.
        written = io.BytesIO()
        torch.save(value, written)
        written.seek(0)
        return written


def _without_overlaps(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Parts of a file that several tensors want come once for each."""
    waiting = sorted(pieces, key=lambda piece: piece.offset)
    while waiting:
        now: list[Piece] = []
        later: list[Piece] = []
        for piece in waiting:
            (now if not now or piece.offset >= now[-1].end else later).append(piece)
        yield now
        waiting = later
