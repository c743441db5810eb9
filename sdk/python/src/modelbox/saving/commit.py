"""Sends one checkpoint, and commits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.methods import CheckpointService
from modelbox.connection import Connection
from modelbox.errors import Aborted
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.decode import decode
from modelbox.saving.fence import RunFencing
from modelbox.transfer import OnProgress, Uploadable, upload_files
from modelbox.transfer.stop import Stop

FENCED_REASON = "FENCED"
_MAX_FENCES = 3
"""How many fences one write tries: each is a lease that was lost and taken again while it went on."""

T = TypeVar("T")


def commit_checkpoint(
    connection: Connection,
    namespace_id: str,
    request: CreateCheckpointRequest,
    files: Mapping[str, Uploadable] | None,
    *,
    fence: RunFencing,
    stop: Stop | None = None,
    progress: OnProgress = None,
) -> Checkpoint:
    """Returns once the server has everything durably; before that the experiment's latest checkpoint is another.

    `request` has no files and no fence, and is left alone. `stop` ends it until the commit has begun.
    """
    message = CreateCheckpointRequest()
    message.CopyFrom(request)

    def commit(used: RunFence | None) -> Checkpoint:
        message.ClearField("fence")
        if used is not None:
            message.fence.CopyFrom(used)
        answer = connection.call(CheckpointService.CreateCheckpoint, message)
        return replace(decode(Checkpoint, answer.checkpoint, connection), _fence=used)

    if files is None:
        return fenced(fence, commit)
    # Nobody waits for the bytes of a trainer that has lost its run.
    fence.current()
    with upload_files(connection, namespace_id, files, progress=progress, stop=stop) as uploaded:
        if stop is not None:
            stop.check()
        message.files.CopyFrom(uploaded.file_set())
        return fenced(fence, commit)


def fenced(fence: RunFencing, write: Callable[[RunFence | None], T]) -> T:
    """Runs a write with the fence of the run; again when the run's lease had only run out, and is held anew."""
    for _ in range(_MAX_FENCES - 1):
        used = fence.current()
        try:
            return write(used)
        except Aborted as error:
            if error.reason != FENCED_REASON or not fence.renew_after(error, used):
                raise
    return write(fence.current())
