"""The parts of a file: what its format says begins where."""

from __future__ import annotations

import json
import re
import struct
from typing import Any, cast

from .onnx import OnnxParts
from .part import (
    MAX_HEADER_VALUES,
    MAX_NAME_BYTES,
    MAX_OFFSET,
    MAX_SAFE,
    MAX_SAFETENSORS_HEADER_BYTES,
    MAX_TENSORS,
    Buffer,
    Malformed,
    Part,
    name_hash,
)

def find_parts(data: Buffer) -> tuple[list[Part], int]:
    """The parts in order, and where the last one ends: beyond the file if that ends early.

    The first begins at 0. Never raises for what is in the file.
    """
    found = [Part(0)]
    end = max(len(data), _parse(data, found) if len(data) >= 9 else 0)
    # A part of no bytes is none: of several that begin at one offset the last counts.
    parts: list[Part] = []
    for part in found:
        if parts and parts[-1].begin == part.begin:
            parts.pop()
        parts.append(part)
    return parts, max(end, parts[-1].begin)


def _parse(data: Buffer, found: list[Part]) -> int:
    """Returns how far the file should go at least."""
    head = bytes(data[:9])
    if 2 <= int.from_bytes(head[:8], "little") <= MAX_SAFETENSORS_HEADER_BYTES and head[8:] == b"{":
        found.extend(_whole(_safetensors, data))
    elif head[:4] == b"GGUF":
        found.extend(_whole(_gguf, data))
    elif head[:4] == b"PK\x03\x04":
        _zip(data, found)
    elif head[0] == 8 and 1 <= head[1] <= 127 and head[2] in (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42):
        return OnnxParts(data, found).read()
    return 0


def _whole(parse: Any, data: Buffer) -> list[Part]:
    """A header that does not hold makes the file one part."""
    try:
        return cast("list[Part]", parse(data))
    except (Malformed, struct.error):
        return []


# --- safetensors


def _safetensors(data: Buffer) -> list[Part]:
    header_bytes = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + header_bytes]
    if len(text) < header_bytes:
        raise Malformed
    try:
        header: object = json.loads(bytes(text).decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(header, dict):
        raise Malformed
    members = cast("dict[str, object]", header)
    tensors: list[tuple[int, int, str]] = []
    for name, value in members.items():
        if name == "__metadata__":
            continue
        tensors.append((*_data_offsets(value), name))
    if len(tensors) > MAX_TENSORS:
        raise Malformed
    # An object's members keep their order where offsets are equal: those have no bytes.
    tensors.sort(key=lambda tensor: tensor[0])
    base = 8 + header_bytes
    parts: list[Part] = []
    end = 0
    for begin, until, name in tensors:
        if begin == until:
            continue
        if begin != end:
            raise Malformed
        encoded = name.encode("utf-8", "surrogatepass")
        parts.append(Part(base + begin, is_fixed=True, name_hash=name_hash(encoded)))
        end = until
    if parts:
        parts.append(Part(base + end))
    return parts


def _refuse(_constant: str) -> object:
    raise ValueError


def _data_offsets(value: object) -> tuple[int, int]:
    if not isinstance(value, dict):
        raise Malformed
    offsets = cast("dict[str, object]", value).get("data_offsets")
    if not isinstance(offsets, list):
        raise Malformed
    numbers = [_whole_number(offset) for offset in cast("list[object]", offsets)]
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise Malformed
    return numbers[0], numbers[1]


def _whole_number(value: object) -> int:
    # 1.0 and 1e3 are whole numbers in JSON.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_OFFSET:
        raise Malformed
    return value


# --- GGUF

_GGUF_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_GGUF_STRING = 8
_GGUF_ARRAY = 9
_GGUF_U32 = 4


class _Reader:
    def __init__(self, data: Buffer, position: int) -> None:
        self.data = data
        self.position = position

    def skip(self, count: int) -> None:
        if self.position + count > len(self.data):
            raise Malformed
        self.position += count

    def u32(self) -> int:
        begin = self.position
        self.skip(4)
        return int.from_bytes(self.data[begin : begin + 4], "little")

    def u64(self) -> int:
        begin = self.position
        self.skip(8)
        value = int.from_bytes(self.data[begin : begin + 8], "little")
        if value > MAX_SAFE:
            raise Malformed
        return value

    def name(self) -> bytes:
        length = self.u64()
        if length > MAX_NAME_BYTES:
            raise Malformed
        begin = self.position
        self.skip(length)
        return bytes(self.data[begin : begin + length])


def _gguf(data: Buffer) -> list[Part]:
    reader = _Reader(data, 4)
    if reader.u32() not in (2, 3):
        raise Malformed
    tensor_count = reader.u64()
    value_count = reader.u64()
    if tensor_count > MAX_TENSORS or value_count > MAX_HEADER_VALUES:
        raise Malformed
    alignment = 32
    strings = 0
    for _ in range(value_count):
        key = reader.name()
        kind = reader.u32()
        if kind == _GGUF_STRING:
            reader.skip(reader.u64())
        elif kind == _GGUF_ARRAY:
            item, count = reader.u32(), reader.u64()
            if item == _GGUF_STRING:
                strings += count
                if strings > MAX_HEADER_VALUES:
                    raise Malformed
                for _ in range(count):
                    reader.skip(reader.u64())
            elif item in _GGUF_SIZES:
                reader.skip(count * _GGUF_SIZES[item])
            else:
                raise Malformed
        elif kind in _GGUF_SIZES:
            begin = reader.position
            reader.skip(_GGUF_SIZES[kind])
            if key == b"general.alignment" and kind == _GGUF_U32:
                alignment = int.from_bytes(data[begin : begin + 4], "little")
        else:
            raise Malformed
    if alignment == 0:
        raise Malformed
    tensors: list[tuple[int, bytes]] = []
    for _ in range(tensor_count):
        name = reader.name()
        dimensions = reader.u32()
        if dimensions > 8:
            raise Malformed
        for _ in range(dimensions):
            reader.u64()
        reader.u32()
        offset = reader.u64()
        if offset > MAX_OFFSET or offset % alignment != 0:
            raise Malformed
        tensors.append((offset, name))
    tensors.sort(key=lambda tensor: tensor[0])
    base = -(-reader.position // alignment) * alignment
    return [Part(base + offset, is_fixed=True, name_hash=name_hash(name)) for offset, name in tensors]


# --- zip, of PyTorch and Keras

_LOCAL = b"PK\x03\x04"
_DIRECTORY = b"PK\x01\x02"
_DESCRIPTOR = b"PK\x07\x08"
_TENSOR_NAME = re.compile(rb"(^|/)[0-9]+$|\.npy$")


def _zip(data: Buffer, found: list[Part]) -> None:
    position = 0
    size = len(data)
    while position + 30 <= size and data[position : position + 4] == _LOCAL:
        try:
            begin, part, entry_bytes = _entry(data, position)
        except Malformed:
            # What is known up to here stays; the rest is content.
            _content_from(found, position)
            return
        if begin is None:
            return
        found.append(part)
        if entry_bytes is None:
            end = _described_end(data, begin)
            if end is None:
                return
        else:
            end = begin + entry_bytes
        found.append(Part(end))
        if end > size:
            return
        position = end + _descriptor_bytes(data, end)


def _content_from(found: list[Part], position: int) -> None:
    if found[-1].is_fixed and found[-1].begin < position:
        found.append(Part(position))


def _entry(data: Buffer, position: int) -> tuple[int | None, Part, int | None]:
    """Where the entry's bytes begin, their part, and their length unless it comes behind them."""
    flags, method = struct.unpack_from("<HH", data, position + 6)
    compressed, plain, name_bytes, extra_bytes = struct.unpack_from("<IIHH", data, position + 18)
    name_begin = position + 30
    begin = name_begin + name_bytes + extra_bytes
    if begin > len(data):
        return None, Part(position), None
    name = bytes(data[name_begin : name_begin + name_bytes])
    length = compressed
    if compressed == 0xFFFFFFFF:
        length = _long_size(bytes(data[name_begin + name_bytes : begin]), plain)
    part = Part(
        begin,
        is_fixed=method == 0 and _is_tensor(name),
        name_hash=name_hash(name[name.find(b"/") + 1 :]),
        stands_alone=True,
    )
    return begin, part, None if length == 0 and flags & 8 else length


def _is_tensor(name: bytes) -> bool:
    # `$` alone would let a line break follow.
    return b"\n" not in name[-1:] and _TENSOR_NAME.search(name) is not None


def _long_size(extra: bytes, plain: int) -> int:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        place = at + 4 + (8 if plain == 0xFFFFFFFF else 0)
        if kind == 1 and place + 8 <= min(at + 4 + length, len(extra)):
            size = int.from_bytes(extra[place : place + 8], "little")
            if size > MAX_SAFE:
                raise Malformed
            return size
        at += 4 + length
    raise Malformed


def _described_end(data: Buffer, begin: int) -> int | None:
    at = begin
    while True:
        at = data.find(_DESCRIPTOR, at)
        if at < 0 or at + 28 > len(data):
            return None
        if _descriptor_bytes(data, at, at - begin) > 0:
            return at
        at += 1


def _descriptor_bytes(data: Buffer, at: int, size: int | None = None) -> int:
    """Length of the descriptor that begins here, of an entry of this size if it is known; 0 when there is none."""
    if at + 28 > len(data) or data[at : at + 4] != _DESCRIPTOR:
        return 0
    if data[at + 16 : at + 20] in (_LOCAL, _DIRECTORY):
        if size is None or size == int.from_bytes(data[at + 8 : at + 12], "little"):
            return 16
    if data[at + 24 : at + 28] in (_LOCAL, _DIRECTORY):
        if size is None or size == int.from_bytes(data[at + 8 : at + 16], "little"):
            return 24
    return 0
