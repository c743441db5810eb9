"""Whole files in the local cache, for frameworks that open and map files themselves."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from modelbox.connection import Connection
from modelbox.errors import LocalFileError
from modelbox.holder import boot_id
from modelbox.spool.file_lock import file_lock
from modelbox.transfer import ChunkCache, OnProgress, StoredFile, download_files, open_cache
from modelbox.transfer.cached_files import folder_of_files
from modelbox.transfer.stored_chunks import stored_chunks

_LOCK_FILE = "lock"
_CHECKED_FILE = "checked.json"
"""Beside the files: how they were when their bytes were last looked at. Its time is when they were used last."""
_FILES_FOLDER = "files"
_CHECKED_FOR_SECONDS = 7 * 86_400.0
"""Later, and after a restart of the machine, all bytes are checked again: disks forget, and nothing is flushed."""
_MAX_RECORD_BYTES = 64 << 20

_log = logging.getLogger("modelbox")


@contextmanager
def local_files(
    connection: Connection, what: str, files: Sequence[StoredFile], progress: OnProgress
) -> Generator[Path]:
    """A folder with these files of `what` under their stored paths, whole and right; for reading only.

    They are put together once, by what is in them, and stay in the cache: the next time nothing is fetched, unless a
    file was changed meanwhile, which is then repaired beside it, so that whoever has mapped it keeps what was right.
    Processes that want the same wait for the one that fetches it. Where the cache is off, can't be written or has no
    room, the folder lives as long as the `with`.
    """
    paths = {file.path for file in files}
    cache = open_cache(connection.settings)
    ready = None if cache is None else _in_cache(connection, what, files, cache, progress)
    if ready is not None:
        yield ready
        return
    with tempfile.TemporaryDirectory(prefix="modelbox-", ignore_cleanup_errors=True) as temporary:
        download_files(
            connection, what, temporary, choose=lambda path: path in paths, progress=progress, cache=False
        )
        yield Path(temporary)


def _in_cache(
    connection: Connection, what: str, files: Sequence[StoredFile], cache: ChunkCache, progress: OnProgress
) -> Path | None:
    place = folder_of_files(cache.folder, _key(connection, files))
    folder = place / _FILES_FOLDER
    record = place / _CHECKED_FILE
    if _is_checked(folder, record, files):
        return folder
    size_bytes = sum(file.size for file in files)
    try:
        if not cache.has_room_for(size_bytes):
            _log.warning(
                "The cache %s has no room for %d bytes, so they are fetched for this time alone; make room on the "
                "disk, or raise cache_size_mib.",
                cache.folder,
                size_bytes,
            )
            return None
        with _locked(place):
            if not _is_checked(folder, record, files):
                paths = {file.path for file in files}
                download_files(connection, what, folder, choose=lambda path: path in paths, progress=progress)
                for path in paths:
                    (folder / path).chmod(0o444)
                _write_record(folder, record, files)
    except LocalFileError:
        raise
    except OSError as error:
        _log.warning(
            "The cache %s can't be written (%s); files are fetched for this time alone.", place, error
        )
        return None
    cache.make_room()
    return folder


@contextmanager
def _locked(place: Path) -> Generator[None]:
    while True:
        # Somebody who clears the cache may take it away meanwhile.
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            lock = file_lock(place / _LOCK_FILE, wait_seconds=None)
            lock.__enter__()
        except FileNotFoundError:
            continue
        break
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _key(connection: Connection, files: Sequence[StoredFile]) -> str:
    """Says what is in the files, and what they are called. What is alike in two versions is there once."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda one: one.path):
        chunks = [(chunk.size, chunk.sha256) for chunk in stored_chunks(connection, file)]
        digest.update(json.dumps([file.path, file.size, chunks]).encode() + b"\n")
    return digest.hexdigest()


def _is_checked(folder: Path, record: Path, files: Sequence[StoredFile]) -> bool:
    """Whether the files are as they were when their bytes were last looked at."""
    try:
        if record.stat().st_size > _MAX_RECORD_BYTES:
            return False
        found: object = json.loads(record.read_text("utf-8"))
        if not isinstance(found, dict):
            return False
        noted = cast("Mapping[str, object]", found)
        checked_at = noted.get("checked_at")
        if not isinstance(checked_at, (int, float)) or noted.get("boot") != boot_id():
            return False
        if not 0 <= time.time() - checked_at <= _CHECKED_FOR_SECONDS:
            return False
        if noted.get("files") != _facts(folder, files):
            return False
    except (OSError, ValueError, RecursionError):
        return False
    with suppress(OSError):
        # In use: not to be cleared away now. Where that can't be noted, nobody can clear it either.
        os.utime(record)
    return True


def _write_record(folder: Path, record: Path, files: Sequence[StoredFile]) -> None:
    noted = {"boot": boot_id(), "checked_at": time.time(), "files": _facts(folder, files)}
    temporary = record.with_name(f"{record.name}.{uuid.uuid4()}")
    temporary.write_text(json.dumps(noted), "utf-8")
    temporary.replace(record)


def _facts(folder: Path, files: Sequence[StoredFile]) -> dict[str, list[int]]:
    """What changes with every change of a file: nobody can set the time of its last change but the system."""
    facts: dict[str, list[int]] = {}
    for file in files:
        found = (folder / file.path).lstat()
        facts[file.path] = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    return facts
