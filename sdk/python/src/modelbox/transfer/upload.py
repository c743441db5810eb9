"""Uploads files for a commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from modelbox._gen.artifact_service_pb2 import BeginUploadRequest, FileSet, FileSpec
from modelbox._gen.methods import ArtifactService
from modelbox.connection import Connection
from modelbox.errors import InvalidInput, ModelBoxError
from modelbox.holder import holder_name
from modelbox.transfer.find_files import Uploadable, find_files
from modelbox.transfer.lease_keeper import LeaseKeeper
from modelbox.transfer.limits import LOCAL_UPLOAD_WORKERS, MAX_WORKERS, UPLOAD_WORKERS
from modelbox.transfer.progress import OnProgress
from modelbox.transfer.server import open_server
from modelbox.transfer.stop import Stop
from modelbox.transfer.upload_run import UploadRun


@dataclass(frozen=True)
class UploadReport:
    """What an upload did."""

    files: int
    size_bytes: int
    """Sum of the files' sizes."""
    chunks: int
    sent_chunks: int
    sent_bytes: int
    """Bytes that were sent."""
    reused_bytes: int
    """Bytes that were not, because the server had them, or because they were there twice."""


class _Lease(Protocol):
    @property
    def id(self) -> str: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class _GivenLease:
    """A lease that somebody else renews."""

    id: str

    def close(self) -> None:
        pass


class UploadedFiles:
    """Files of which the server has all bytes, until they are committed.

    Nobody sees them before. A thread renews the lease that keeps them until `close`, which the end of a `with` block
    calls too; call it after the commit.
    """

    def __init__(self, keeper: _Lease, files: Sequence[FileSpec], report: UploadReport) -> None:
        self._keeper = keeper
        self.files = files
        self.report = report

    @property
    def lease_id(self) -> str:
        """The lease of the upload."""
        return self._keeper.id

    def file_set(self) -> FileSet:
        """The `files` of CommitArtifact, CreateCheckpoint and CreateModelVersion."""
        return FileSet(lease_id=self.lease_id, files=self.files)

    def close(self) -> None:
        """Ends the renewals of the lease, which ends by itself a while later if nothing was committed."""
        self._keeper.close()

    def __enter__(self) -> UploadedFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def begin_upload(
    connection: Connection,
    namespace: str,
    size_bytes: int,
    *,
    on_lost: Callable[[ModelBoxError], None] = lambda _error: None,
) -> LeaseKeeper:
    """The lease of an upload, renewed by a thread until it is closed. `size_bytes` is room that is reserved for it."""
    request = BeginUploadRequest(namespace=namespace, holder=holder_name(), size_bytes=size_bytes)
    lease = connection.call(ArtifactService.BeginUpload, request).lease
    return LeaseKeeper(connection, lease, gives_back=False, on_lost=on_lost)


def upload_files(
    connection: Connection,
    namespace: str,
    files: Mapping[str, Uploadable] | Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    *,
    progress: OnProgress = None,
    workers: int | None = None,
    stop: Stop | None = None,
    lease_id: str = "",
) -> UploadedFiles:
    """Sends what the server lacks of some files; the caller commits them.

    `files` has for each stored path a file or folder on disk, bytes in memory, or an object with `size` and
    `read_at(offset, length)`, which is read once, from its beginning to its end, headers apart; or it is paths of files
    and folders, which are stored under their own names (see `find_files`).

    `namespace` is an id or a name; one that does not exist yet is created. `workers` is how many chunks are sent at
    once: 1 to 64; default 4, and 3 where the server is on this machine. At most 128 MiB of bytes are in memory
    with the default, whatever the number and sizes of the files.

    `lease_id` is an upload's lease that the caller keeps (see `begin_upload`): files of several uploads under one lease
    can be committed together. By default the upload has one of its own.

    `stop.fail(error)`, from another thread, ends the upload soon, which then raises that error.

    After a failure, or a kill, asking again sends only what the server still lacks. A file that changes while it is
    read is refused with `LocalFileError`.
    """
    if workers is not None and not 1 <= workers <= MAX_WORKERS:
        raise InvalidInput(f"workers is a whole number from 1 to {MAX_WORKERS}, not {workers}.")
    found = find_files(files)
    size_bytes = sum(file.size for file in found.values())
    with connection.transfer():
        stop = stop or Stop()
        stop.check()
        server = open_server(connection, stop.wait)
        stop.at_end(server.blobs.end)
        keeper: _Lease = (
            _GivenLease(lease_id)
            if lease_id
            else begin_upload(connection, namespace, size_bytes, on_lost=stop.fail)
        )
        try:
            count = workers or (LOCAL_UPLOAD_WORKERS if server.is_local else UPLOAD_WORKERS)
            run = UploadRun(server, found, lease_id=keeper.id, workers=count, stop=stop, progress=progress)
            specs = run.run()
        except BaseException:
            keeper.close()
            raise
        finally:
            server.blobs.close()
    counts = run.counter.counts
    sent_bytes = run.counter.now.transferred_bytes
    report = UploadReport(
        files=len(specs),
        size_bytes=size_bytes,
        chunks=counts.get("chunks", 0),
        sent_chunks=counts.get("sent_chunks", 0),
        sent_bytes=sent_bytes,
        reused_bytes=max(0, size_bytes - sent_bytes),
    )
    return UploadedFiles(keeper, specs, report)
