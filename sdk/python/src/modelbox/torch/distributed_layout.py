# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""What one rank saves of a distributed state: its tensors as a safetensors file, in which bytes are tensors too."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch.distributed.checkpoint.planner import SavePlanner, WriteItem, WriteItemType

from modelbox.errors import InvalidInput
from modelbox.loading.pytorch import reason_of
from modelbox.state.dtypes import DTYPES, Dtype
from modelbox.state.header import write_header
from modelbox.state.limits import MAX_HEADER_BYTES, MAX_TENSORS
from modelbox.torch.memory import bytes_of

_TORCH_PREFIX = "torch."


@dataclass(frozen=True)
class StoredItem:
    """Where the bytes of an item are; what a rank tells the coordinator."""

    path: str
    """Of the file."""
    offset: int
    """In the file, in bytes."""
    size_bytes: int
    file_spec: bytes = b""
    """The file's FileSpec, with the first item of each file."""


@dataclass
class _Part:
    """An item in the file."""

    item: WriteItem
    name: str
    dtype: Dtype
    shape: tuple[int, ...]
    data: bytes | None
    """Of what is no tensor."""
    offset: int = 0

    @property
    def size_bytes(self) -> int:
        return self.dtype.item_bytes * prod(self.shape)


class RankFile:
    """The file of one rank, read straight from its tensors (a `Source`: see `upload_files`).

    A tensor that is on a device, or not contiguous, is copied when its bytes are read, one at a time.
    """

    def __init__(self, items: Sequence[WriteItem], planner: SavePlanner, *, allow_pickle: bool) -> None:
        if len(items) > MAX_TENSORS:
            raise InvalidInput(f"A rank saves {MAX_TENSORS} values at most, and this one has {len(items)}.")
        self._planner = planner
        self._lock = threading.Lock()
        self._held: tuple[int, memoryview, Any] | None = None
        parts = [_part(item, planner, allow_pickle) for item in items]
        # As in lay_out: larger elements first, so that all are aligned to theirs.
        parts.sort(key=lambda part: -part.dtype.item_bytes)
        _name_all(parts)
        self.before, offsets, self.size = write_header(
            [(part.name, part.dtype, part.dtype.stored_shape(part.shape)) for part in parts], {"format": "pt"}
        )
        if len(self.before) > MAX_HEADER_BYTES:
            raise InvalidInput(f"The names of the tensors take more than {MAX_HEADER_BYTES} bytes.")
        for part, offset in zip(parts, offsets, strict=True):
            part.offset = offset
        self.parts = parts

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from an offset on."""
        data = bytearray(max(0, min(length, self.size - offset)))
        filled = 0
        while filled < len(data):
            filled += self.read_into(offset + filled, memoryview(data)[filled:])
        return bytes(data)

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fills memory from an offset on, up to the end of a tensor; returns how many bytes came."""
        if offset < len(self.before):
            found = memoryview(self.before)[offset : offset + len(target)]
        elif offset >= self.size:
            return 0
        else:
            with self._lock:
                part = self._part_at(offset)
                found = self._bytes_of(part)[offset - self.parts[part].offset :][: len(target)]
        target[: len(found)] = found
        return len(found)

    def _part_at(self, offset: int) -> int:
        low, high = 0, len(self.parts)
        while high - low > 1:
            middle = (low + high) // 2
            if self.parts[middle].offset <= offset:
                low = middle
            else:
                high = middle
        # Of several that begin here the last one has the bytes.
        return low

    def _bytes_of(self, index: int) -> memoryview:
        part = self.parts[index]
        if part.data is not None:
            return memoryview(part.data)
        if self._held is None or self._held[0] != index:
            self._held = None
            tensor = self._planner.resolve_data(part.item).detach().resolve_conj().resolve_neg()
            if tensor.element_size() == 1:
                # Some of the types of one byte can't be copied as themselves.
                tensor = tensor.view(torch.uint8)
            tensor = tensor.cpu().contiguous()
            if tuple(tensor.shape) != part.shape:
                raise InvalidInput(
                    f"{part.item.index.fqn} has the shape {list(tensor.shape)} now, and had {list(part.shape)}."
                )
            self._held = (index, bytes_of(tensor), tensor)
        return self._held[1]


def _part(item: WriteItem, planner: SavePlanner, allow_pickle: bool) -> _Part:
    name = item.index.fqn
    if item.type == WriteItemType.BYTE_IO:
        data = planner.resolve_data(item).getvalue()
        if not allow_pickle:
            _check_loads_without_pickle(name, data)
        return _Part(item, name, DTYPES["uint8"], (len(data),), data)
    assert item.tensor_data is not None
    dtype = stored_dtype(name, item.tensor_data.properties.dtype)
    return _Part(item, name, dtype, tuple(item.tensor_data.chunk.sizes), None)


def _name_all(parts: Sequence[_Part]) -> None:
    """Parts of one tensor are told apart by where they begin."""
    taken: set[str] = set()
    for part in parts:
        wanted = name = part.name if not any(part.item.index.offset or ()) else part.name + _shown(part)
        number = 2
        while name in taken or name == "__metadata__":
            name, number = f"{wanted}#{number}", number + 1
        taken.add(name)
        part.name = name


def _shown(part: _Part) -> str:
    return str(list(part.item.index.offset or ()))


def stored_dtype(name: str, dtype: Any) -> Dtype:
    """How a type of PyTorch is stored."""
    found = DTYPES.get(str(dtype).removeprefix(_TORCH_PREFIX))
    if found is None:
        raise InvalidInput(f"{name} is a tensor of {dtype}, which can't be stored; convert it.")
    return found


def _check_loads_without_pickle(name: str, data: bytes) -> None:
    try:
        load_plain(data)
    except Exception as error:
        raise InvalidInput(
            f"{name} could only be restored by pickle, which can run any code; leave it out, or save with "
            f"allow_pickle=True ({reason_of(error)})."
        ) from None


def load_plain(data: bytes) -> Any:
    """What `torch.save` has made of a value, read without running any code of it."""
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
