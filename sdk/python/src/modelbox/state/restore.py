"""Restores a state from the files of a checkpoint."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from modelbox.connection import Connection
from modelbox.errors import CorruptData, InvalidInput
from modelbox.state.arrays import ArrayKind, Tag, Target
from modelbox.state.header import LENGTH_BYTES, Entry, header_length, read_header
from modelbox.state.layout import OBJECTS_FILE, TENSORS_FILE, TREE_FILE
from modelbox.state.limits import MAX_OBJECTS_BYTES, MAX_TREE_BYTES
from modelbox.state.put_together import PutTogether
from modelbox.state.tree_file import TreeFile, read_tree
from modelbox.transfer import FileSource, OnProgress, StoredFile, held, list_files, open_file
from modelbox.transfer.scatter import Piece, download_scattered


@dataclass(frozen=True)
class RestoreOptions:
    """How a state is restored."""

    into: Any = None
    """See `PutTogether`."""
    allow_pickle: bool = False
    cache: bool | None = None
    """Whether to use the cache of chunks; by default unless the server is on this machine."""
    progress: OnProgress = None


def restore_state(
    connection: Connection, what: str, kinds: Sequence[ArrayKind], options: RestoreOptions
) -> Any:
    """The state that was saved as `checkpoint:…` (id or path).

    A lease keeps it from being deleted meanwhile. Raises `InvalidInput` where it has no state of this form.
    """
    with held(connection, FileSource.of(what)) as source:
        names = (TREE_FILE, TENSORS_FILE, OBJECTS_FILE)
        files = {
            file.path: StoredFile.of(file)
            for file in list_files(connection, source)
            if file.path in names and not file.uri
        }
        if TREE_FILE not in files or TENSORS_FILE not in files:
            raise InvalidInput(
                f"{what} was not saved by `experiment.save`: it has no {TREE_FILE} and {TENSORS_FILE}. "
                "Its files can be had by `checkpoint.download`."
            )
        return restore_from(_StoredState(connection, files, options), kinds, options)


class StateFiles(Protocol):
    """The files of a saved state, wherever they are."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def read(self, path: str, limit_bytes: int) -> bytes:
        """A file that is small. Raises `CorruptData` when it is larger than that."""
        ...

    def entries(self) -> dict[str, Entry]:
        """What is in TENSORS_FILE."""
        ...

    def fill(self, pieces: Sequence[Piece]) -> None:
        """Brings parts of TENSORS_FILE to where they are wanted."""
        ...


def restore_from(files: StateFiles, kinds: Sequence[ArrayKind], options: RestoreOptions) -> Any:
    """The state of these files."""
    return _Restore(files, kinds, options).run()


class _StoredState:
    """The files of a checkpoint."""

    def __init__(self, connection: Connection, files: dict[str, StoredFile], options: RestoreOptions) -> None:
        self._connection = connection
        self._files = files
        self._options = options

    def has(self, path: str) -> bool:
        return path in self._files

    def read(self, path: str, limit_bytes: int) -> bytes:
        return read_whole(self._connection, self._files[path], limit_bytes, cache=self._options.cache)

    def entries(self) -> dict[str, Entry]:
        return read_entries(self._connection, self._files[TENSORS_FILE], cache=self._options.cache)

    def fill(self, pieces: Sequence[Piece]) -> None:
        download_scattered(
            self._connection,
            self._files[TENSORS_FILE],
            pieces,
            cache=self._options.cache,
            progress=self._options.progress,
        )


def read_entries(connection: Connection, file: StoredFile, *, cache: bool | None = None) -> dict[str, Entry]:
    """The tensors of a stored safetensors file, of which only the header is fetched."""
    with open_file(connection, file, cache=cache) as opened:
        length = header_length(opened.read_at(0, LENGTH_BYTES), file.path, file.size)
        return read_header(opened.read_at(0, length), file.path, file.size)


def read_whole(
    connection: Connection, file: StoredFile, limit_bytes: int, *, cache: bool | None = None
) -> bytes:
    """A file that is small."""
    if file.size > limit_bytes:
        raise CorruptData(f"{file.path} has {file.size} bytes; {limit_bytes} is the most it could have.")
    with open_file(connection, file, cache=cache) as opened:
        return opened.read_at(0, file.size)


@dataclass
class _Wanted:
    """An array on its way; several places of the state may have it."""

    entry: Entry
    targets: list[Target] = field(default_factory=list[Target])


class _Restore:
    def __init__(self, files: StateFiles, kinds: Sequence[ArrayKind], options: RestoreOptions) -> None:
        self._files = files
        self._kinds = kinds
        self._options = options
        self._tree: TreeFile = read_tree(files.read(TREE_FILE, MAX_TREE_BYTES))
        self._entries = files.entries()
        self._wanted: dict[tuple[str, Tag], _Wanted] = {}
        self._order: list[Target] = []
        self._objects: list[Any] | None = None

    def run(self) -> Any:
        into = self._options.into
        # Once to find out what is wanted, where it goes and whether it fits, and once more when all bytes are there.
        put_together = PutTogether(self._kinds, self._want, self._object)
        put_together.build(self._tree.root, into)
        self._download()
        finished = iter(self._finish())

        def give(_tag: Tag, _name: object, _into: Any, _where: str, _is_strict: bool) -> Any:
            return next(finished)

        put_together = put_together.again(give, self._object)
        state = put_together.build(self._tree.root, into)
        for target, part in put_together.to_load:
            target.load_state_dict(part)
        return state

    def _want(self, tag: Tag, name: object, into: Any, where: str, is_strict: bool) -> None:
        stored = self._tree.array(name, self._entries)
        wanted = self._wanted.setdefault((stored.entry.name, tag), _Wanted(stored.entry))
        if into is None and wanted.targets:
            # What was one is one again.
            self._order.append(wanted.targets[0])
            return
        target = self._target(tag, stored.dtype, stored.shape, into, where, is_strict)
        wanted.targets.append(target)
        self._order.append(target)

    def _target(self, tag: Tag, *facts: Any) -> Target:
        if tag == "bytes":
            return _BytesTarget(facts[1])
        for kind in self._kinds:
            target = kind.target(tag, *facts)
            if target is not None:
                return target
        raise InvalidInput("The state has tensors or arrays; install torch, or numpy.")

    def _download(self) -> None:
        # Parts of an array's bytes go to one place each; further places get them from there.
        by_name: dict[str, list[Target]] = {}
        for (name, _), wanted in self._wanted.items():
            by_name.setdefault(name, []).extend(wanted.targets)
        pieces = [_piece(self._entries[name], targets) for name, targets in by_name.items()]
        self._files.fill(pieces)

    def _finish(self) -> list[Any]:
        values: dict[int, Any] = {}
        for target in self._order:
            if id(target) not in values:
                values[id(target)] = target.finish()
        return [values[id(target)] for target in self._order]

    def _object(self, index: object, where: str) -> Any:
        if not self._options.allow_pickle:
            raise InvalidInput(
                f"{where} was saved by pickle, and reading it can run any code that whoever saved it wants; if you "
                "trust them, restore with allow_pickle=True."
            )
        if self._objects is None:
            if not self._files.has(OBJECTS_FILE):
                raise CorruptData(f"The checkpoint has no {OBJECTS_FILE}, and {where} is to be there.")
            data = self._files.read(OBJECTS_FILE, MAX_OBJECTS_BYTES)
            self._objects = cast("list[Any]", pickle.loads(data))
        if type(index) is not int or not 0 <= index < len(self._objects):
            raise CorruptData(f"{OBJECTS_FILE} has no object {index!r}.")
        return self._objects[index]


class _BytesTarget:
    """Long bytes."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 1:
            raise CorruptData(f"{TREE_FILE} names a tensor of {len(shape)} dimensions where bytes are to be.")
        self._data = bytearray(shape[0])
        self.memory: memoryview | None = memoryview(self._data)

    def write(self, offset: int, data: memoryview) -> None:
        raise NotImplementedError

    def finish(self) -> bytes:
        return bytes(self._data)


def _piece(entry: Entry, targets: Sequence[Target]) -> Piece:
    if len(targets) == 1:
        target = targets[0]
        write: Callable[[int, memoryview], None] | None = None if target.memory is not None else target.write
        return Piece(entry.offset, entry.size_bytes, target.memory, write)

    def write_all(offset: int, data: memoryview) -> None:
        for target in targets:
            if target.memory is not None:
                target.memory[offset : offset + len(data)] = data
            else:
                target.write(offset, data)

    return Piece(entry.offset, entry.size_bytes, None, write_all)
