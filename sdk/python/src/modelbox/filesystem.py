"""Files of checkpoints and versions by address, for everything that opens files through fsspec.

`modelbox://namespace/experiment/checkpoint/path` (the checkpoint `latest` is the last committed one) and
`modelbox://namespace/model@version/path`, where the version may be a unique tag. Needs `pip install modelbox[fsspec]`;
fsspec then finds it by itself.
"""

# fsspec has no types.
# pyright: basic

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fsspec.spec import AbstractFileSystem

from modelbox.client import ModelBox
from modelbox.errors import InvalidArgument, InvalidInput, NotFound
from modelbox.objects.artifact import File, HasFiles

_BUFFER_BYTES = 256 * 1024
"""Readers of tables ask for a few bytes at a time."""
_UNCHANGING = "Files of a checkpoint or version do not change"


class ModelBoxFileSystem(AbstractFileSystem):
    """A ModelBox server as a file system that can be read.

    Folders are namespaces; in them experiments and versions (`model@version`); in experiments their checkpoints; in
    checkpoints and versions the files that were committed with them. Bytes are checked, and kept in the cache of
    chunks. What is committed does not change, so a file is written by committing a checkpoint or version.

    `addr` and `token` are those of `ModelBox`; the other arguments are fsspec's.
    """

    protocol = "modelbox"
    root_marker = ""
    # Which server, and so what is there, depends on the environment.
    cachable = False

    def __init__(self, addr: str | None = None, token: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._box = ModelBox(addr, token)
        weakref.finalize(self, self._box.close)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        stripped = super()._strip_protocol(path)
        return [one.strip("/") for one in stripped] if isinstance(stripped, list) else stripped.strip("/")

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """What is in a folder, or the file itself; raises `FileNotFoundError`."""
        path = self._strip_protocol(path)
        entries = self._entries(path)
        return entries if detail else [entry["name"] for entry in entries]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size in bytes (folders: 0) and type of a file or folder; of a file also its `sha256`, once known."""
        path = self._strip_protocol(path)
        owner, inner = self._find(path)
        if owner is None:
            self._require_folder(path)
        if owner is None or inner == "":
            return _folder(path)
        for file in owner.files(inner):
            return self._file(path, owner, file) if file.path == inner else _folder(path)
        raise FileNotFoundError(path)

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is such a file or folder; raises where the server does not say, such as when it is away."""
        return self._type_of(path) is not None

    def isfile(self, path: str) -> bool:
        """Whether there is such a file; raises as `exists` does."""
        return self._type_of(path) == "file"

    def isdir(self, path: str) -> bool:
        """Whether there is such a folder; raises as `exists` does."""
        return self._type_of(path) == "directory"

    def created(self, path: str) -> datetime:
        """When the checkpoint or version of a file was committed."""
        info = self.info(path)
        if info["type"] != "file":
            raise FileNotFoundError(f"{path} is no file of a checkpoint or version.")
        return info["created"]

    modified = created

    def ukey(self, path: str) -> str:
        """Differs wherever the bytes may."""
        return self.info(path)["id"]

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BufferedReader:
        if mode != "rb":
            raise InvalidInput(
                f"{_UNCHANGING}, and are committed together: write them into a folder, and give that to "
                "`experiment.new_checkpoint` or `model.new_model_version`."
            )
        path = self._strip_protocol(path)
        owner, inner = self._find(path)
        if owner is None:
            self._require_folder(path)
        if owner is None or inner == "":
            raise IsADirectoryError(path)
        try:
            return _OpenFile(owner.open(inner), self)
        except NotFound as error:
            raise FileNotFoundError(str(error)) from error

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """The bytes of a file, or a part of them; places before 0 count from the end."""
        with self._open(path) as file:
            size = file.seek(0, os.SEEK_END)
            begin, stop, _step = slice(start, end).indices(size)
            file.seek(begin)
            return file.read(max(0, stop - begin))

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Raises `InvalidInput`: nothing can be written."""
        raise InvalidInput(
            f"{_UNCHANGING}, so nothing can be copied or moved there; `get` brings files to this machine."
        )

    def _rm(self, path: str) -> None:
        raise InvalidInput(
            f"{_UNCHANGING}; they are deleted together, by `delete()` of the checkpoint or version."
        )

    rm_file = _rm

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Raises `InvalidInput`: checkpoints and versions are deleted as a whole."""
        self._rm(path)

    def _type_of(self, path: str) -> str | None:
        try:
            return self.info(path)["type"]
        except (FileNotFoundError, InvalidArgument):
            # The second: nothing can have such a name.
            return None

    def _entries(self, path: str) -> list[dict[str, Any]]:
        owner, inner = self._find(path)
        if owner is not None:
            return self._files(path, owner, inner)
        try:
            names = list(self._names(path))
        except NotFound as error:
            raise FileNotFoundError(str(error)) from error
        return [_folder(f"{path}/{name}".strip("/")) for name in names]

    def _names(self, path: str) -> Iterator[str]:
        parts = path.split("/") if path else []
        if not parts:
            yield from (one.name for one in self._box.namespaces(order_by="name"))
        elif len(parts) == 1:
            # The server says which namespace there is not.
            self._box.namespace(path)
            yield from (one.name for one in self._box.experiments(path, order_by="name"))
            for version in self._box.model_versions(f"{path}/-"):
                yield version.path.split("/", 1)[1]
        else:
            self._box.experiment(path)
            yield from (one.name for one in self._box.checkpoints(path))

    def _files(self, path: str, owner: HasFiles, inner: str) -> list[dict[str, Any]]:
        base = path[: len(path) - len(inner)].rstrip("/")
        entries: dict[str, dict[str, Any]] = {}
        for file in owner.files(inner):
            if file.path == inner:
                return [self._file(path, owner, file)]
            rest = file.path[len(inner) :].lstrip("/")
            name = "/".join(part for part in (base, inner, rest.split("/", 1)[0]) if part)
            entries.setdefault(name, _folder(name) if "/" in rest else self._file(name, owner, file))
        if inner and not entries:
            raise FileNotFoundError(path)
        return list(entries.values())

    def _find(self, path: str) -> tuple[HasFiles | None, str]:
        """The checkpoint or version that a path is in, if it is, and the path within that."""
        parts = path.split("/")
        try:
            if len(parts) >= 2 and "@" in parts[1]:
                return self._box.model_version("/".join(parts[:2])), "/".join(parts[2:])
            if len(parts) >= 3:
                return self._box.checkpoint("/".join(parts[:3])), "/".join(parts[3:])
        except NotFound as error:
            raise FileNotFoundError(str(error)) from error
        return None, ""

    def _require_folder(self, path: str) -> None:
        try:
            next(self._names(path), None)
        except NotFound as error:
            raise FileNotFoundError(str(error)) from error

    def _file(self, path: str, owner: HasFiles, file: File) -> dict[str, Any]:
        created = getattr(owner, "created_at", None)
        return {
            "name": path,
            "size": file.size_bytes,
            "type": "file",
            "id": file.id,
            "sha256": file.sha256,
            "created": created,
        }


class _OpenFile(io.BufferedReader):
    """Keeps the file system, and so its connections, for as long as the file is in use."""

    def __init__(self, raw: io.RawIOBase, files: ModelBoxFileSystem) -> None:
        super().__init__(raw, _BUFFER_BYTES)
        self.fs = files
        # fsspec's own functions ask for it.
        self.size = self.seek(0, os.SEEK_END)
        self.seek(0)


def _folder(path: str) -> dict[str, Any]:
    return {"name": path, "size": 0, "type": "directory"}
