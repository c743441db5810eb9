"""Sends one checkpoint, and commits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from modelbox._gen.artifact_service_pb2 import FileSet
from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.methods import CheckpointService
from modelbox.connection import Connection
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.decode import decode
from modelbox.saving.fence import RunFencing
from modelbox.saving.writes import fenced_call
from modelbox.transfer import OnProgress, Uploadable, upload_files
from modelbox.transfer.stop import Stop


def commit_checkpoint(
    connection: Connection,
    namespace_id: str,
    request: CreateCheckpointRequest,
    files: Mapping[str, Uploadable] | None,
    *,
    fence: RunFencing,
    stop: Stop | None = None,
    progress: OnProgress = None,
    sent: FileSet | None = None,
) -> Checkpoint:
    """Returns once the server has everything durably; before that the experiment's latest checkpoint is another.

    `request` has no files and no fence, and is left alone. `stop` ends it until the commit has begun.
    `sent` are files that the server has already, under a lease that the caller keeps; `files` are sent under it too.
    """
    message = CreateCheckpointRequest()
    message.CopyFrom(request)

    def commit() -> Checkpoint:
        answer, used = fenced_call(connection, CheckpointService.CreateCheckpoint, message, fence)
        return replace(decode(Checkpoint, answer.checkpoint, connection), _fence=used)

    if files is None:
        return commit()
    # Nobody waits for the bytes of a trainer that has lost its run.
    fence.current()
    lease_id = "" if sent is None else sent.lease_id
    with upload_files(
        connection, namespace_id, files, progress=progress, stop=stop, lease_id=lease_id
    ) as uploaded:
        if stop is not None:
            stop.check()
        message.files.CopyFrom(uploaded.file_set())
        if sent is not None:
            message.files.files.extend(sent.files)
        return commit()
