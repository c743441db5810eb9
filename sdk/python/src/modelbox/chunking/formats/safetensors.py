"""The parts of a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from modelbox.chunking.part import MAX_OFFSET, MAX_TENSORS, Malformed, Part
from modelbox.chunking.source import HeaderView

MAX_HEADER_BYTES = 32 << 20


def safetensors_parts(view: HeaderView) -> Iterator[Part]:
    """The tensors, and what is behind them; none if the header does not hold."""
    try:
        parts = _parts(view)
    except Malformed:
        return
    yield from parts


def _parts(view: HeaderView) -> list[Part]:
    header_bytes = int.from_bytes(view.read(0, 8), "little")
    text = view.read(8, 8 + header_bytes)
    if len(text) < header_bytes:
        raise Malformed
    try:
        header: object = json.loads(text.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed from None
    if not isinstance(header, dict):
        raise Malformed
    tensors: list[tuple[int, int, str]] = []
    for name, value in cast("dict[str, object]", header).items():
        if name != "__metadata__":
            tensors.append((*_data_offsets(value), name))
    if len(tensors) > MAX_TENSORS:
        raise Malformed
    # Members keep their order where offsets are equal: those have no bytes.
    tensors.sort(key=lambda tensor: tensor[0])
    base = 8 + header_bytes
    parts: list[Part] = []
    end = 0
    for begin, until, name in tensors:
        if begin == until:
            continue
        if begin != end:
            raise Malformed
        parts.append(Part(base + begin, is_fixed=True, name=name.encode("utf-8", "surrogatepass")))
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
