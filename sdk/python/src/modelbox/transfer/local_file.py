"""Files on disk that are uploaded."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from modelbox.errors import LocalFileError
from modelbox.transfer.local_error import reason_of

_OPEN_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
"""A name may have become a link or a pipe since it was found: don't follow, don't wait."""


@dataclass(frozen=True)
class LocalFile:
    """A file as it was when it was found."""

    real_path: Path
    """Where it is, links resolved."""
    shown_path: str
    """What the user calls it, for messages."""
    size: int
    """In bytes."""
    mtime_ns: int

    @staticmethod
    def of(real_path: Path, shown_path: str, facts: os.stat_result) -> LocalFile:
        """The file at a path, of which `facts` are known."""
        return LocalFile(real_path, shown_path, facts.st_size, facts.st_mtime_ns)

    def open(self) -> OpenFile:
        """Opens it for reading. Fails when it is not as it was found."""
        return OpenFile(self)


class OpenFile:
    """A source, see modelbox.chunking.source.Source."""

    def __init__(self, file: LocalFile) -> None:
        self._file = file
        try:
            self._descriptor = os.open(file.real_path, _OPEN_FLAGS)
        except OSError as error:
            raise _unreadable(file, error) from error
        try:
            self.check()
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        return self._file.size

    def read_at(self, offset: int, length: int) -> bytes | bytearray:
        data = bytearray(length)
        filled = 0
        while filled < length:
            count = self.read_into(offset + filled, memoryview(data)[filled:])
            if count == 0:
                raise changed(self._file)
            filled += count
        return data

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fills memory from an offset on; returns how many bytes came, 0 at the end."""
        try:
            if hasattr(os, "preadv"):
                return os.preadv(self._descriptor, [target], offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, len(target))
        except OSError as error:
            raise _unreadable(self._file, error) from error
        target[: len(data)] = data
        return len(data)

    def check(self) -> None:
        """Fails when the file is no longer as it was found."""
        facts = os.fstat(self._descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise changed(self._file)
        if facts.st_size != self._file.size or facts.st_mtime_ns != self._file.mtime_ns:
            raise changed(self._file)

    def close(self) -> None:
        """Closes it; no other method may be called then."""
        os.close(self._descriptor)

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def changed(file: LocalFile) -> LocalFileError:
    """The error for a file that is not as it was found."""
    message = f"{file.shown_path} changed while it was read; upload it again once nothing writes to it."
    return LocalFileError(file.shown_path, message)


def _unreadable(file: LocalFile, error: OSError) -> LocalFileError:
    is_gone = isinstance(error, FileNotFoundError)
    why = "it may have been moved: try again" if is_gone else "check its permissions and the disk"
    return LocalFileError(file.shown_path, f"{file.shown_path} can't be read ({reason_of(error)}); {why}.")
