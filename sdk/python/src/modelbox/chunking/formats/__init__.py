"""The parts of a file: what its format says begins where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from modelbox.chunking.formats.gguf import gguf_parts
from modelbox.chunking.formats.onnx import onnx_parts
from modelbox.chunking.formats.safetensors import MAX_HEADER_BYTES, safetensors_parts
from modelbox.chunking.formats.zip_archive import zip_parts
from modelbox.chunking.part import NoPartBefore, Part
from modelbox.chunking.source import HeaderView, Source

FoundParts: TypeAlias = "Iterator[Part | NoPartBefore]"
"""Parts in order, and how far the search for the next one has come. Returns how far the file should go at least."""

_ONNX_SECOND_TAGS = (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42)
_LEAST_BYTES = 9


def find_parts(source: Source) -> FoundParts:
    """The parts of a file after the first, which begins at 0. Never raises for what is in the file."""
    view = HeaderView(source)
    head = view.read(0, _LEAST_BYTES)
    if len(head) < _LEAST_BYTES:
        return iter(())
    if 2 <= int.from_bytes(head[:8], "little") <= MAX_HEADER_BYTES and head[8:] == b"{":
        return safetensors_parts(view)
    if head[:4] == b"GGUF":
        return gguf_parts(view)
    if head[:4] == b"PK\x03\x04":
        return zip_parts(view)
    if head[0] == 8 and 1 <= head[1] <= 127 and head[2] in _ONNX_SECOND_TAGS:
        return onnx_parts(view)
    return iter(())
