"""The folder that a download writes to."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from modelbox.errors import LocalFileError
from modelbox.transfer.limits import PARTIAL_SUFFIX, WRITE_BYTES
from modelbox.transfer.local_error import cannot_write, reason_of

_MAX_NAME_BYTES = 255
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class FilePlace:
    """Where a file goes."""

    final_path: Path
    partial_path: Path
    """Beside it, while it is not whole."""

    @property
    def is_free(self) -> bool:
        """Nothing is here, not even a part."""
        return not os.path.lexists(self.final_path) and not os.path.lexists(self.partial_path)


class Destination:
    """A folder, and nothing outside of it: links on the way down are refused. The folder itself may be a link."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.path = path.resolve(strict=True)
        except OSError as error:
            message = f"The folder {path} can't be made ({reason_of(error)}); choose another one."
            raise LocalFileError(str(path), message) from error
        self._safe: set[Path] = set()
        self._lock = threading.Lock()

    def place(self, stored_path: str) -> FilePlace:
        """The place of a stored path, which was looked at before. Its folders exist afterwards."""
        *folders, name = stored_path.split("/")
        folder = self.path
        with self._lock:
            for part in folders:
                folder = folder / part
                if folder not in self._safe:
                    _make_safe(folder)
                    self._safe.add(folder)
        return file_place(folder / name)


def file_place(final_path: Path) -> FilePlace:
    """The place of a file; a name that has no room for the ending of an unfinished one is replaced by its digest."""
    name = final_path.name
    if len(os.fsencode(name)) + len(PARTIAL_SUFFIX) > _MAX_NAME_BYTES:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return FilePlace(final_path, final_path.with_name(f"{name}{PARTIAL_SUFFIX}"))


def _make_safe(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        facts = folder.lstat()
        if stat.S_ISDIR(facts.st_mode):
            return
        is_link = stat.S_ISLNK(facts.st_mode)
        what = "a symbolic link, which could lead out of the destination" if is_link else "no folder"
        raise LocalFileError(
            str(folder), f"{folder} is {what}; remove it, or choose another destination."
        ) from None
    except OSError as error:
        message = f"The folder {folder} can't be made ({reason_of(error)}); check its permissions."
        raise LocalFileError(str(folder), message) from error


class LocalCopy:
    """A file that is on disk already and may have some of the right bytes."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self._descriptor = descriptor

    @staticmethod
    def open(path: Path) -> LocalCopy | None:
        """The file at a path; None when there is none, or a link, which is not followed but replaced."""
        try:
            descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
        except OSError as error:
            if isinstance(error, FileNotFoundError) or path.is_symlink():
                return None
            message = f"{path} is there but can't be read ({reason_of(error)}); check its permissions."
            raise LocalFileError(str(path), message) from error
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode):
            return LocalCopy(descriptor, facts.st_size)
        os.close(descriptor)
        message = f"{path} is no file, but a file must go there; remove it, or choose another folder."
        raise LocalFileError(str(path), message)

    def read(self, offset: int, target: memoryview) -> bool:
        """Fills memory from an offset on; False when the file ends before that."""
        return offset + len(target) <= self.size and _read(self._descriptor, offset, target)

    def close(self) -> None:
        """Closes it."""
        os.close(self._descriptor)


class PartialFile:
    """A file that is not whole yet. It keeps what it has when the download ends, and gets its name when it is whole."""

    def __init__(self, place: FilePlace) -> None:
        self._place = place
        path = place.partial_path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o666)
        except OSError as error:
            if path.is_symlink():
                message = f"{path} is a symbolic link; remove it, then try again."
                raise LocalFileError(str(path), message) from error
            raise cannot_write(path, error) from error
        facts = os.fstat(self._descriptor)
        if not stat.S_ISREG(facts.st_mode):
            os.close(self._descriptor)
            raise LocalFileError(str(path), f"{path} is no file; remove it, then try again.")
        self._earlier = facts.st_size
        """How much of it an earlier download left, in bytes."""
        self._is_empty = self._earlier == 0
        self._is_open = True

    def read(self, offset: int, target: memoryview) -> bool:
        """Fills memory with what an earlier download left; False when it left no more."""
        return offset + len(target) <= self._earlier and _read(self._descriptor, offset, target)

    def write(self, offset: int, data: memoryview) -> None:
        """Writes bytes that were checked. Threads may write to different places at once."""
        self._is_empty = False
        try:
            written = 0
            while written < len(data):
                piece = data[written : written + WRITE_BYTES]
                written += os.pwrite(self._descriptor, piece, offset + written)
        except OSError as error:
            raise cannot_write(self._place.partial_path, error) from error

    def finish(self, size: int) -> None:
        """All bytes are right: gives the file its name.

        It is not flushed: the server has it, and after a power failure another download finds what is missing.
        """
        self._is_empty = False
        try:
            if self._earlier > size:
                os.ftruncate(self._descriptor, size)
            self.close()
            os.replace(self._place.partial_path, self._place.final_path)
        except OSError as error:
            raise cannot_write(self._place.final_path, error) from error

    def close(self) -> None:
        """Closes it; what has no bytes is removed. Closing it again does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        os.close(self._descriptor)
        if self._is_empty:
            self._place.partial_path.unlink(missing_ok=True)


def write_whole(place: FilePlace, data: memoryview) -> None:
    """Writes a small file, and gives it its name."""
    partial = PartialFile(place)
    try:
        partial.write(0, data)
        partial.finish(len(data))
    finally:
        partial.close()


def _read(descriptor: int, offset: int, target: memoryview) -> bool:
    filled = 0
    while filled < len(target):
        count = os.preadv(descriptor, [target[filled:]], offset + filled)
        if count == 0:
            return False
        filled += count
    return True
