"""Whole files in the cache, as `modelbox.loading` puts them there; docs/storage-layout.md has the form."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

IN_USE_SECONDS = 600.0
"""What was used so recently may be about to be opened, or on its way, and stays, whatever the limit is."""


@dataclass(frozen=True)
class CachedFiles:
    """Files that belong together."""

    folder: Path
    files: int
    size_bytes: int
    used_at: float
    """When one of them, or the record beside them that whoever uses them touches, was last written to, in seconds since
    1970."""

    def remove(self) -> bool:
        """Removes them at once; False where they may be in use, or can't be removed."""
        if abs(time.time() - self.used_at) < IN_USE_SECONDS:
            return False
        gone = self.folder.parent / f"{uuid.uuid4()}.removed"
        try:
            self.folder.replace(gone)
        except OSError:
            # Somebody else was quicker.
            return False
        shutil.rmtree(gone, ignore_errors=True)
        return True


def folder_of_files(cache_folder: Path, key: str) -> Path:
    """Where files are whose names and bytes `key` stands for."""
    return cache_folder / "files" / key


def cached_files(cache_folder: Path) -> list[CachedFiles]:
    """All of them."""
    try:
        names = os.listdir(cache_folder / "files")
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [_look(cache_folder / "files" / name) for name in names]


def _look(folder: Path) -> CachedFiles:
    count, size_bytes, used_at = 0, 0, 0.0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                facts = os.lstat(os.path.join(parent, name))
            except FileNotFoundError:
                continue
            used_at = max(used_at, facts.st_mtime)
            if parent != str(folder):
                count += 1
                size_bytes += facts.st_size
    return CachedFiles(folder, count, size_bytes, used_at)
