"""The parts of a zip archive: of PyTorch, of Keras, or of anybody."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator, Iterator

from modelbox.chunking.part import MAX_SAFE, Malformed, NoPartBefore, Part
from modelbox.chunking.source import HeaderView

_LOCAL = b"PK\x03\x04"
_DIRECTORY = b"PK\x01\x02"
_DESCRIPTOR = b"PK\x07\x08"
_LOCAL_BYTES = 30
_DESCRIPTOR_BYTES = 28
"""A descriptor with 64-bit sizes, and the signature behind it."""
_SIZE_IN_EXTRA = 0xFFFFFFFF
_SIZE_BEHIND_FLAG = 8
_TENSOR_NAME = re.compile(rb"(^|/)[0-9]+\Z|\.npy\Z")


def zip_parts(view: HeaderView) -> Iterator[Part | NoPartBefore]:
    """The entries, and what is between them."""
    position = 0
    while True:
        header = view.read(position, position + _LOCAL_BYTES)
        if len(header) < _LOCAL_BYTES or header[:4] != _LOCAL:
            return
        try:
            entry = _entry(view, position, header)
        except Malformed:
            # What is known up to here stays; the rest is content.
            return
        if entry is None:
            return
        part, entry_bytes = entry
        yield part
        if entry_bytes is None:
            end = yield from _described_end(view, part.begin)
            if end is None:
                return
        else:
            end = part.begin + entry_bytes
        yield Part(end)
        if end > len(view):
            return
        position = end + _descriptor_bytes(view, end)


def _entry(view: HeaderView, position: int, header: bytes) -> tuple[Part, int | None] | None:
    """The part of an entry, and its length unless that comes behind it; None where the file ends first."""
    flags, method = struct.unpack_from("<HH", header, 6)
    compressed, plain, name_bytes, extra_bytes = struct.unpack_from("<IIHH", header, 18)
    name_begin = position + _LOCAL_BYTES
    begin = name_begin + name_bytes + extra_bytes
    if begin > len(view):
        return None
    name = view.read(name_begin, name_begin + name_bytes)
    length = compressed
    if compressed == _SIZE_IN_EXTRA:
        length = _long_size(view.read(name_begin + name_bytes, begin), plain)
    part = Part(
        begin,
        is_fixed=method == 0 and _TENSOR_NAME.search(name) is not None,
        name=name[name.find(b"/") + 1 :],
        stands_alone=True,
    )
    return part, None if length == 0 and flags & _SIZE_BEHIND_FLAG else length


def _long_size(extra: bytes, plain: int) -> int:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        place = at + 4 + (8 if plain == _SIZE_IN_EXTRA else 0)
        if kind == 1 and place + 8 <= min(at + 4 + length, len(extra)):
            size = int.from_bytes(extra[place : place + 8], "little")
            if size > MAX_SAFE:
                raise Malformed
            return size
        at += 4 + length
    raise Malformed


def _described_end(view: HeaderView, begin: int) -> Generator[NoPartBefore, None, int | None]:
    """Looks for the descriptor behind an entry. Returns where it is."""
    at = begin
    while at + _DESCRIPTOR_BYTES <= len(view):
        found, at = view.find(_DESCRIPTOR, at)
        if found is None:
            yield NoPartBefore(at)
            continue
        if _descriptor_bytes(view, found, found - begin) > 0:
            return found
        yield NoPartBefore(found)
        at = found + 1
    return None


def _descriptor_bytes(view: HeaderView, at: int, size: int | None = None) -> int:
    """Length of the descriptor that begins here, of an entry of this size if it is known; 0 when there is none."""
    data = view.read(at, at + _DESCRIPTOR_BYTES)
    if len(data) < _DESCRIPTOR_BYTES or data[:4] != _DESCRIPTOR:
        return 0
    if data[16:20] in (_LOCAL, _DIRECTORY) and size in (None, int.from_bytes(data[8:12], "little")):
        return 16
    if data[24:28] in (_LOCAL, _DIRECTORY) and size in (None, int.from_bytes(data[8:16], "little")):
        return 24
    return 0
