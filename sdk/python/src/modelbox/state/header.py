"""The beginning of a safetensors file: names, types, shapes and places of its tensors.

The format is public: 8 bytes with the header's length, little-endian; the header, an object in JSON; the tensors,
without gaps, where `data_offsets` count from the header's end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import cast

from modelbox.errors import CorruptData
from modelbox.state.dtypes import STORED, Dtype
from modelbox.state.limits import (
    ALIGNMENT_BYTES,
    MAX_DIMENSIONS,
    MAX_HEADER_BYTES,
    MAX_SIZE_BYTES,
    MAX_TENSORS,
)

LENGTH_BYTES = 8
_METADATA = "__metadata__"


@dataclass(frozen=True)
class Entry:
    """A tensor of a file."""

    name: str
    dtype: Dtype
    """As stored: see `Dtype.stored_as`."""
    shape: tuple[int, ...]
    """As stored."""
    offset: int
    """From the beginning of the file, in bytes."""
    size_bytes: int


def write_header(
    tensors: Sequence[tuple[str, Dtype, Sequence[int]]], metadata: Mapping[str, str]
) -> tuple[bytes, list[int], int]:
    """The header of tensors that follow in this order; shapes are as stored.

    Returns the bytes before the first tensor, the offset of each in the file, and the file's size.
    """
    header: dict[str, object] = {_METADATA: dict(metadata)} if metadata else {}
    begins: list[int] = []
    end = 0
    for name, dtype, shape in tensors:
        stored = STORED[dtype.stored_as]
        begin, end = end, end + stored.item_bytes * prod(shape)
        begins.append(begin)
        header[name] = {"dtype": stored.stored_as, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(LENGTH_BYTES + len(text)) % ALIGNMENT_BYTES)
    before = len(text).to_bytes(LENGTH_BYTES, "little") + text
    return before, [len(before) + begin for begin in begins], len(before) + end


def header_length(first: bytes, path: str, size_bytes: int) -> int:
    """Bytes before the first tensor, from the first 8 of the file. Raises `CorruptData` where they can't be right."""
    length = int.from_bytes(first, "little")
    if len(first) != LENGTH_BYTES or not 2 <= length <= min(MAX_HEADER_BYTES, size_bytes - LENGTH_BYTES):
        raise _corrupt(path, "its header has a length that can't be")
    return LENGTH_BYTES + length


def read_header(before: bytes, path: str, size_bytes: int) -> dict[str, Entry]:
    """The tensors of a file, from the bytes before the first one.

    Raises `CorruptData` unless they fill the file without gaps and overlaps, and every size is that of type and shape.
    """
    try:
        found: object = json.loads(
            before[LENGTH_BYTES:].decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, f"its header can't be read ({error})") from None
    if not isinstance(found, dict):
        raise _corrupt(path, "its header is no object")
    header = cast("dict[str, object]", found)
    header.pop(_METADATA, None)
    if len(header) > MAX_TENSORS:
        raise _corrupt(path, f"it has more than {MAX_TENSORS} tensors")
    entries = [_entry(name, value, len(before), path) for name, value in header.items()]
    # Those without bytes come first where several begin at one place.
    entries.sort(key=lambda entry: (entry.offset, entry.size_bytes))
    end = len(before)
    for entry in entries:
        if entry.offset != end:
            raise _corrupt(path, f"there is a gap or an overlap before {entry.name!r}")
        end += entry.size_bytes
    if end != size_bytes:
        raise _corrupt(path, f"its tensors end at {end} of {size_bytes} bytes")
    return {entry.name: entry for entry in entries}


def _entry(name: str, value: object, base: int, path: str) -> Entry:
    if not isinstance(value, dict):
        raise _corrupt(path, f"{name!r} is no tensor")
    fields = cast("dict[str, object]", value)
    dtype = STORED.get(str(fields.get("dtype")))
    shape = _whole_numbers(fields.get("shape"), MAX_DIMENSIONS)
    offsets = _whole_numbers(fields.get("data_offsets"), 2)
    if dtype is None:
        raise CorruptData(
            f"{path} has elements of type {fields.get('dtype')!r}, which this package does not know; a newer one may."
        )
    if shape is None or offsets is None or len(offsets) != 2:
        raise _corrupt(path, f"shape or place of {name!r} can't be")
    begin, end = offsets
    size = dtype.item_bytes * prod(shape)
    if end - begin != size:
        raise _corrupt(path, f"{name!r} has {end - begin} bytes, and {size} by its type and shape")
    return Entry(name, dtype, shape, base + begin, size)


def _whole_numbers(value: object, most: int) -> tuple[int, ...] | None:
    if not isinstance(value, list) or len(cast("list[object]", value)) > most:
        return None
    numbers: list[int] = []
    for number in cast("list[object]", value):
        if type(number) is not int or not 0 <= number <= MAX_SIZE_BYTES:
            return None
        numbers.append(number)
    return tuple(numbers)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands there twice")
    return result


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no number")


def _corrupt(path: str, what: str) -> CorruptData:
    return CorruptData(f"{path} is not a safetensors file as it should be: {what}.")
