"""Chunks of earlier downloads, shared with the command line: docs/storage-layout.md has the form."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelbox.transfer.cached_files import cached_files
from modelbox.transfer.limits import MIB, WRITE_BYTES

MIN_CACHED_BYTES = 64 << 10
"""Smaller chunks are not kept: many tiny files would cost more than they save."""
DEFAULT_LIMIT_BYTES = 10_240 * MIB
_FREE_SHARE = 0.05
"""Of the file system, this much stays free whatever the limit is."""
_KEPT_SHARE = 0.9
"""After a clearing out there is room for new chunks up to the limit again."""
_TOUCH_AFTER_SECONDS = 3_600.0
"""A chunk that is used counts as new, but not every time."""
_ABANDONED_AFTER_SECONDS = 3_600.0
"""A file of another process that died while it wrote."""


@dataclass(frozen=True)
class CacheUse:
    """What is in a cache."""

    chunks: int
    size_bytes: int
    """Of chunks and files together."""
    files: int = 0
    """Whole files that were loaded."""


class ChunkCache:
    """Chunks by their SHA-256, within a limit. Threads and processes may share it.

    What is in it is checked when it is read, so nothing is flushed, and anything in it may be deleted at any time. It
    never fails a download: a cache that can't be read is as one that is empty, and one that can't be written is read
    all the same.
    """

    def __init__(self, folder: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._size_bytes: int | None = None
        """None until something is to be written."""
        self._is_closed = False
        """There is no room, or the folder is somebody else's: nothing is written any more."""

    def read(
        self, sha256: str, into: memoryview, is_intact: Callable[[memoryview], bool] | None = None
    ) -> bool:
        """Fills `into` with the chunk; False when it is not here, or not right.

        `is_intact` checks it, by default by its SHA-256. The bytes were right when they were written, into a folder
        that only this user may write to, so it need notice accidents only.
        """
        if len(into) < MIN_CACHED_BYTES:
            return False
        path = self._path(sha256)
        try:
            if _read_whole(path, into):
                is_right = (
                    hashlib.sha256(into).hexdigest() == sha256 if is_intact is None else is_intact(into)
                )
                if is_right:
                    return True
            path.unlink()
        except OSError:
            # Gone meanwhile, or not ours to read: then it is fetched.
            pass
        return False

    def write(self, sha256: str, data: memoryview) -> None:
        """Keeps a chunk whose bytes are right, if there is room."""
        if self._is_closed or not MIN_CACHED_BYTES <= len(data) <= self.limit_bytes:
            return
        try:
            self._open()
            path = self._path(sha256)
            if self._is_closed or path.is_file():
                return
            # Somebody may have cleared it meanwhile.
            for folder in (self.folder / "tmp", path.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._put(path, data)
            with self._lock:
                self._size_bytes = (self._size_bytes or 0) + len(data)
                if self._size_bytes > self.limit_bytes:
                    self._size_bytes = self._clear_out()
        except OSError:
            # A full disk, a folder of somebody else: nobody is to wait for a cache.
            self._is_closed = True

    def use(self) -> CacheUse:
        """What is in it now."""
        chunks = _files_in_folders(self.folder / "chunks")
        loaded = cached_files(self.folder)
        return CacheUse(
            len(chunks),
            sum(facts.st_size for _, facts in chunks) + sum(one.size_bytes for one in loaded),
            sum(one.files for one in loaded),
        )

    def has_room_for(self, size_bytes: int) -> bool:
        """Whether files of this size may be put here."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        space = shutil.disk_usage(self.folder)
        return size_bytes <= self.limit_bytes and space.free - size_bytes >= space.total * _FREE_SHARE

    def make_room(self) -> None:
        """Clears out what was used longest ago, if there is more than the limit allows."""
        with self._lock:
            self._size_bytes = self.use().size_bytes
            if self._size_bytes > self.limit_bytes:
                self._size_bytes = self._clear_out()

    def clear(self) -> CacheUse:
        """Deletes everything; returns what was there."""
        before = self.use()
        for part in ("chunks", "files", "tmp"):
            shutil.rmtree(self.folder / part, ignore_errors=True)
        return before

    def _open(self) -> None:
        with self._lock:
            if self._size_bytes is not None:
                return
            temporary = self.folder / "tmp"
            temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
            now = time.time()
            for path, facts in _files_in(temporary):
                if now - facts.st_mtime > _ABANDONED_AFTER_SECONDS:
                    path.unlink(missing_ok=True)
            self._size_bytes = self.use().size_bytes
            space = shutil.disk_usage(self.folder)
            if space.free < space.total * _FREE_SHARE or space.free < self.limit_bytes * _FREE_SHARE:
                self._is_closed = True

    def _put(self, path: Path, data: memoryview) -> None:
        temporary = self.folder / "tmp" / str(uuid.uuid4())
        opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                written = 0
                while written < len(data):
                    written += os.write(opened, data[written : written + WRITE_BYTES])
            finally:
                os.close(opened)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _clear_out(self) -> int:
        """Deletes what was used longest ago. Other processes may do the same, or have written meanwhile."""
        found: list[tuple[float, int, Callable[[], bool]]] = [
            (facts.st_mtime, facts.st_size, lambda path=path: _remove(path))
            for path, facts in _files_in_folders(self.folder / "chunks")
        ]
        found += [(one.used_at, one.size_bytes, one.remove) for one in cached_files(self.folder)]
        size_bytes = sum(size for _, size, _ in found)
        for _, size, remove in sorted(found, key=lambda one: one[0]):
            if size_bytes <= self.limit_bytes * _KEPT_SHARE:
                break
            if remove():
                size_bytes -= size
        return size_bytes

    def _path(self, sha256: str) -> Path:
        return self.folder / "chunks" / sha256[:2] / sha256


def usual_folder(env: Mapping[str, str]) -> Path:
    """Where a user's cache is. The XDG Base Directory Specification has relative paths ignored."""
    configured = env.get("XDG_CACHE_HOME", "")
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / "modelbox"


def _remove(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def _read_whole(path: Path, into: memoryview) -> bool:
    """Reads a file of just this size, and notes that it was used; False when it has another one."""
    with path.open("rb", buffering=0) as file:
        facts = os.fstat(file.fileno())
        if facts.st_size != len(into):
            return False
        filled = 0
        while filled < len(into):
            count = file.readinto(into[filled:])
            if not count:
                return False
            filled += count
    if time.time() - facts.st_mtime > _TOUCH_AFTER_SECONDS:
        with suppress(OSError):
            # Not ours to write: it is read all the same.
            os.utime(path)
    return True


def _files_in_folders(folder: Path) -> list[tuple[Path, os.stat_result]]:
    return [file for name in _names_in(folder) for file in _files_in(folder / name)]


def _files_in(folder: Path) -> list[tuple[Path, os.stat_result]]:
    files: list[tuple[Path, os.stat_result]] = []
    for name in _names_in(folder):
        path = folder / name
        try:
            files.append((path, path.stat()))
        except FileNotFoundError:
            continue
    return files


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
