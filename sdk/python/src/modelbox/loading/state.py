"""A state of a training, from files on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelbox.errors import CorruptData
from modelbox.state.header import LENGTH_BYTES, Entry, header_length, read_header
from modelbox.state.kinds import kinds_to_restore
from modelbox.state.layout import TENSORS_FILE
from modelbox.state.restore import RestoreOptions, restore_from
from modelbox.transfer.limits import MIB
from modelbox.transfer.scatter import Piece

_READ_BYTES = 16 * MIB


class LocalState:
    """The files of a saved state in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._folder / path).is_file()

    def read(self, path: str, limit_bytes: int) -> bytes:
        """A file that is small."""
        if (self._folder / path).stat().st_size > limit_bytes:
            raise CorruptData(f"{path} has more than {limit_bytes} bytes, which is the most it could have.")
        return (self._folder / path).read_bytes()

    def entries(self) -> dict[str, Entry]:
        """Which tensors there are."""
        return entries_of(self._folder / TENSORS_FILE)

    def fill(self, pieces: Sequence[Piece]) -> None:
        """Reads parts of the tensors' file to where they are wanted."""
        scratch = memoryview(bytearray(0))
        with (self._folder / TENSORS_FILE).open("rb", buffering=0) as file:
            for piece in pieces:
                for begin in range(0, piece.size_bytes, _READ_BYTES):
                    end = min(begin + _READ_BYTES, piece.size_bytes)
                    if piece.memory is not None:
                        _read(file.fileno(), piece.offset + begin, piece.memory[begin:end])
                        continue
                    scratch = scratch if len(scratch) else memoryview(bytearray(_READ_BYTES))
                    data = scratch[: end - begin]
                    _read(file.fileno(), piece.offset + begin, data)
                    piece.take(piece.offset + begin, data)


def load_state(folder: Path, *, map_location: Any, allow_pickle: bool) -> Any:
    """What `Experiment.save` has saved."""
    options = RestoreOptions(allow_pickle=allow_pickle)
    return restore_from(LocalState(folder), kinds_to_restore(map_location), options)


def entries_of(path: Path) -> dict[str, Entry]:
    """The tensors of a safetensors file."""
    with path.open("rb", buffering=0) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        length = header_length(file.read(LENGTH_BYTES) or b"", path.name, size_bytes)
        before = bytearray(length)
        _read(file.fileno(), 0, memoryview(before))
        return read_header(bytes(before), path.name, size_bytes)


def _read(descriptor: int, offset: int, target: memoryview) -> None:
    filled = 0
    while filled < len(target):
        count = os.preadv(descriptor, [target[filled:]], offset + filled)
        if count == 0:
            raise CorruptData("A file of the cache became shorter while it was read; load again.")
        filled += count
