"""What a checkpoint is saved from: a state that stays as it is while it is sent."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from modelbox.objects.artifact import Files
from modelbox.transfer import Uploadable, find_files
from modelbox.transfer.local_file import LocalFile


class Snapshot(Protocol):
    """Files that do not change until `release`."""

    @property
    def files(self) -> Mapping[str, Uploadable]:
        """By the path under which each is stored, where its bytes are: in memory, or on disk."""
        ...

    def release(self) -> None:
        """Called once, from any thread, when the bytes are no longer needed: their buffers may be written to again."""
        ...


class FilesSnapshot:
    """Files that are there anyway: paths, bytes, or objects with `size` and `read_at(offset, length)`."""

    def __init__(self, files: Files, *, on_release: Callable[[], None] | None = None) -> None:
        """Raises `InvalidInput` or `LocalFileError` for what can't be stored. `on_release` is called once."""
        if isinstance(files, (str, os.PathLike)):
            files = [files]
        found = find_files(files)
        self.files: Mapping[str, Uploadable] = {
            path: file.real_path if isinstance(file, LocalFile) else file for path, file in found.items()
        }
        self._on_release = on_release
        self._lock = threading.Lock()

    def release(self) -> None:
        with self._lock:
            on_release, self._on_release = self._on_release, None
        if on_release is not None:
            on_release()


class JoinedSnapshot:
    """The files of several snapshots as one; none of them has a path of another."""

    def __init__(self, *parts: Snapshot) -> None:
        self._parts = parts

    @property
    def files(self) -> Mapping[str, Uploadable]:
        """Of all."""
        return {path: file for part in self._parts for path, file in part.files.items()}

    def release(self) -> None:
        for part in self._parts:
            part.release()
