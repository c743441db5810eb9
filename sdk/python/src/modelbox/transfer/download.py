"""Downloads files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelbox.connection import Connection
from modelbox.errors import InvalidInput
from modelbox.transfer.destination import Destination
from modelbox.transfer.download_run import DownloadRun
from modelbox.transfer.limits import DOWNLOAD_WORKERS, MAX_WORKERS
from modelbox.transfer.open_cache import cache_for
from modelbox.transfer.progress import OnProgress
from modelbox.transfer.server import open_server
from modelbox.transfer.source_of_files import FileSource, held
from modelbox.transfer.stop import Stop
from modelbox.transfer.wanted_files import TrackedFile, list_files, wanted_files


@dataclass(frozen=True)
class DownloadReport:
    """What a download did."""

    destination: Path
    """The folder, as an absolute path."""
    files: int
    size_bytes: int
    """Sum of the files' sizes."""
    received_bytes: int
    """Bytes that came over the network."""
    reused_bytes: int
    """Bytes that were right on disk already."""
    cached_bytes: int
    """Bytes that the cache had."""
    not_downloaded: Sequence[TrackedFile]
    """Files that are not stored by ModelBox."""


def download_files(
    connection: Connection,
    what: str,
    target: str | os.PathLike[str],
    *,
    prefix: str = "",
    choose: Callable[[str], bool] | None = None,
    progress: OnProgress = None,
    workers: int = DOWNLOAD_WORKERS,
    cache: bool | None = None,
) -> DownloadReport:
    """Downloads the files of `checkpoint:…`, `version:…` (id or path) or of an artifact (id) into a folder.

    `prefix` is a file's path, or a folder's: only what is there. `choose` gets each path, and says whether it is
    wanted. `workers` is how many requests run at once: 1 to 64. `cache` says whether to keep chunks for later
    downloads, and use those of earlier ones; by default unless the server is on this machine.

    Every chunk is checked when it arrives, by its SHA-256, or by its XXH3 where the server is on this machine and the
    package `xxhash` is installed. A file has its name only when it is whole; what a download that was ended has
    received stays beside it, and the next one goes on from there. Files that are right already are not fetched again,
    and of wrong ones only the wrong chunks. At most 8 MiB of bytes for each worker are in memory. What is downloaded
    is protected from deletion meanwhile.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise InvalidInput(f"workers is a whole number from 1 to {MAX_WORKERS}, not {workers}.")
    with connection.transfer():
        stop = Stop()
        server = open_server(connection, stop.wait)
        with held(connection, FileSource.of(what)) as source:
            listed = list_files(connection, source, prefix)
            stored, tracked = wanted_files(file for file in listed if choose is None or choose(file.path))
            destination = Destination(Path(target))
            run = DownloadRun(
                server,
                stored,
                destination,
                cache=cache_for(connection.settings, is_local=server.is_local, wanted=cache),
                workers=workers,
                stop=stop,
                progress=progress,
            )
            try:
                run.run()
            finally:
                server.blobs.close()
    counts = run.counter.counts
    return DownloadReport(
        destination=destination.path,
        files=len(stored),
        size_bytes=run.counter.now.total_bytes,
        received_bytes=run.counter.now.transferred_bytes,
        reused_bytes=counts.get("reused", 0),
        cached_bytes=counts.get("cached", 0),
        not_downloaded=tracked,
    )
