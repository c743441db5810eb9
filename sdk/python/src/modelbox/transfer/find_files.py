"""Which files an upload has, and under which paths they are stored."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias, cast

from modelbox.chunking.source import MemorySource, Source
from modelbox.errors import InvalidInput, LocalFileError
from modelbox.transfer.limits import MAX_FILES, MAX_FOLDERS, PARTIAL_SUFFIX
from modelbox.transfer.local_error import reason_of
from modelbox.transfer.local_file import LocalFile
from modelbox.transfer.names import path_problem

Uploadable: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Source"
"""A file or folder on disk, bytes in memory, or an object with `size` and `read_at(offset, length)`."""


def find_files(
    files: Mapping[str, Uploadable] | Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
) -> dict[str, LocalFile | Source]:
    """The files to upload, by the path that they are stored under.

    Of paths, a file is stored under its base name, and the content of a folder under paths relative to the folder. With
    a mapping each is stored under its key: a folder's content below it, or as it is where the key is "".

    What can't be stored is refused before anything is sent.
    """
    collection = _Collection()
    if isinstance(files, (str, os.PathLike)):
        files = [files]
    if isinstance(files, Mapping):
        for path, what in cast("Mapping[str, Uploadable]", files).items():
            collection.add_any(path, what)
    else:
        for path in files:
            collection.add_path(None, Path(path))
    return collection.finish()


class _Collection:
    def __init__(self) -> None:
        self._files: dict[str, LocalFile | Source] = {}
        self._folders = 0

    def add_any(self, stored_path: str, what: Uploadable) -> None:
        if isinstance(what, (str, os.PathLike)):
            self.add_path(stored_path, Path(what))
        elif isinstance(what, (bytes, bytearray, memoryview)):
            self._add(stored_path, MemorySource(what), stored_path)
        else:
            self._add(stored_path, what, stored_path)

    def add_path(self, stored_path: str | None, path: Path) -> None:
        try:
            real_path = path.resolve(strict=True)
            facts = real_path.stat()
        except (OSError, RuntimeError) as error:
            raise _missing(path, error) from error
        if stat.S_ISDIR(facts.st_mode):
            prefix = f"{stored_path}/" if stored_path else ""
            self._walk(_Folder(real_path, path, prefix, (real_path,)), root=real_path)
        elif stat.S_ISREG(facts.st_mode):
            name = path.absolute().name if stored_path is None else stored_path
            self._add(name, LocalFile.of(real_path, str(path), facts), str(path))
        else:
            raise LocalFileError(str(path), f"{path} is no file and no folder; only those can be uploaded.")

    def finish(self) -> dict[str, LocalFile | Source]:
        if not self._files:
            raise InvalidInput(
                "There is nothing to upload: name at least one file. Empty folders are not stored."
            )
        for path in self._files:
            # Two sources can bring a file `a` and a file `a/b`, which no folder could hold after a download.
            end = path.find("/")
            while end != -1:
                if path[:end] in self._files:
                    raise InvalidInput(f'"{path[:end]}" and "{path}" can\'t be stored together; rename one.')
                end = path.find("/", end + 1)
        return self._files

    def _add(self, stored_path: str, file: LocalFile | Source, shown: str) -> None:
        problem = path_problem(stored_path)
        if problem is not None:
            raise LocalFileError(
                shown, f"{shown!r} can't be stored: its path {problem}. Rename it, then try again."
            )
        if stored_path.endswith(PARTIAL_SUFFIX):
            raise LocalFileError(
                shown,
                f"{shown} is an unfinished download; finish the download or delete the file, then try again.",
            )
        if stored_path in self._files:
            raise InvalidInput(f'Two files would be stored as "{stored_path}"; rename one.')
        if len(self._files) == MAX_FILES:
            raise InvalidInput(
                f"There are more than {MAX_FILES} files; pack them, or upload several artifacts."
            )
        self._files[stored_path] = file

    def _walk(self, folder: _Folder, root: Path) -> None:
        """Links are followed as long as they stay inside and lead to no loop."""
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            self._folders += 1
            if self._folders > MAX_FOLDERS:
                raise InvalidInput(
                    f"There are more than {MAX_FOLDERS} folders in {root}; upload parts of it."
                )
            below: list[_Folder] = []
            for name in sorted(_names_in(folder)):
                shown = folder.shown_path / name
                real_path, facts = _look(folder.real_path / name, shown, root)
                if stat.S_ISDIR(facts.st_mode):
                    if real_path in folder.above:
                        raise LocalFileError(
                            str(shown),
                            f"{shown} is a symbolic link to a folder that holds it: a loop. Remove it.",
                        )
                    prefix = f"{folder.prefix}{name}/"
                    below.append(_Folder(real_path, shown, prefix, (*folder.above, real_path)))
                elif stat.S_ISREG(facts.st_mode):
                    self._add(
                        f"{folder.prefix}{name}", LocalFile.of(real_path, str(shown), facts), str(shown)
                    )
                else:
                    raise LocalFileError(
                        str(shown), f"{shown} is no file and no folder, and can't be stored; remove it."
                    )
            waiting.extend(reversed(below))


class _Folder:
    """A folder on the way down."""

    def __init__(self, real_path: Path, shown_path: Path, prefix: str, above: tuple[Path, ...]) -> None:
        self.real_path = real_path
        self.shown_path = shown_path
        self.prefix = prefix
        """Of the stored paths: "" or with a slash at the end."""
        self.above = above
        """Itself and the folders that hold it, links resolved."""


def _names_in(folder: _Folder) -> list[str]:
    try:
        return os.listdir(folder.real_path)
    except OSError as error:
        raise LocalFileError(
            str(folder.shown_path),
            f"The folder {folder.shown_path} can't be read ({reason_of(error)}); check its permissions.",
        ) from error


def _look(path: Path, shown: Path, root: Path) -> tuple[Path, os.stat_result]:
    try:
        facts = path.lstat()
        if not stat.S_ISLNK(facts.st_mode):
            return path, facts
        path = path.resolve(strict=True)
        facts = path.stat()
    except (OSError, RuntimeError) as error:
        raise _missing(shown, error) from error
    if not path.is_relative_to(root):
        raise LocalFileError(
            str(shown),
            f"{shown} is a symbolic link that leads out of the folder; replace it by the file itself.",
        )
    return path, facts


def _missing(path: Path, error: OSError | RuntimeError) -> LocalFileError:
    if isinstance(error, PermissionError):
        why = "may not be read; check its permissions"
    elif path.is_symlink():
        why = "is a symbolic link that leads nowhere; name the file that is meant"
    else:
        why = "does not exist; check the path"
    return LocalFileError(str(path), f"{path} {why}.")
