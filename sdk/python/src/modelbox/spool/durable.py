"""Writes that are on the disk when they return."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

COPY_BYTES = 4 << 20
"""How much of a file is copied at once."""


def write_durably(path: Path, parts: Iterable[bytes | bytearray | memoryview]) -> None:
    """Writes a new file, and waits until the disk has it; the folder is the caller's to flush."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for part in parts:
            rest = memoryview(part).cast("B")
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Makes names in a folder durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes a folder for this user alone, with those above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    flush_folder(folder.parent)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; 0 when it has gone."""
    try:
        if not path.is_dir():
            return path.stat().st_size
        return sum(size_of(entry) for entry in path.iterdir())
    except FileNotFoundError:
        return 0
