"""Locks between processes of one machine, which the system ends with the process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            # A lock of the open file: two threads of one process exclude each other too.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        # Also for a forked child, which has the same open file.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_held: set[int] = set()
"""Descriptors that a child of a fork must not keep open: the lock would live as long as it."""


@contextmanager
def file_lock(
    path: Path, *, wait_seconds: float | None, should_end: Callable[[], bool] = lambda: False
) -> Generator[bool]:
    """Holds the lock within the `with`, which gets False when it could not be had within `wait_seconds`.

    `None` waits for as long as it takes, or until `should_end`. Whoever has the lock may delete the file. Raises
    `FileNotFoundError` when the folder is not there.
    """
    ends_at = None if wait_seconds is None else time.monotonic() + wait_seconds
    process_id = os.getpid()
    descriptor = _open(path)
    try:
        while not (has_lock := _try_lock(descriptor)) or not _is_at(path, descriptor):
            if has_lock:
                # Its last holder has deleted it, so nobody else will ever meet this lock.
                _close(descriptor)
                descriptor = _open(path)
                continue
            if should_end() or (ends_at is not None and time.monotonic() >= ends_at):
                break
            time.sleep(_POLL_SECONDS)
        try:
            yield has_lock
        finally:
            if has_lock and process_id == os.getpid():
                _unlock(descriptor)
    finally:
        if process_id == os.getpid():
            _close(descriptor)


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    _held.add(descriptor)
    return descriptor


def _close(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _after_fork_in_child() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
