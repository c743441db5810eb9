"""The parts of a GGUF file."""

from __future__ import annotations

from collections.abc import Iterator

from modelbox.chunking.part import MAX_NAME_BYTES, MAX_OFFSET, MAX_SAFE, MAX_TENSORS, Malformed, Part
from modelbox.chunking.source import HeaderView

_MAX_VALUES = 20_000_000
_MAX_DIMENSIONS = 8
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_U32 = 4
_STRING = 8
_ARRAY = 9
_DEFAULT_ALIGNMENT = 32


def gguf_parts(view: HeaderView) -> Iterator[Part]:
    """The tensors; none if the header does not hold."""
    try:
        parts = _Header(view).parts()
    except Malformed:
        return
    yield from parts


class _Header:
    def __init__(self, view: HeaderView) -> None:
        self._view = view
        self._size = len(view)
        self._position = 4
        self._strings = 0

    def parts(self) -> list[Part]:
        if self._u32() not in (2, 3):
            raise Malformed
        tensor_count, value_count = self._u64(), self._u64()
        if tensor_count > MAX_TENSORS or value_count > _MAX_VALUES:
            raise Malformed
        alignment = _DEFAULT_ALIGNMENT
        for _ in range(value_count):
            key, kind = self._name(), self._u32()
            if key == b"general.alignment" and kind == _U32:
                alignment = self._u32()
            else:
                self._skip_value(kind)
        if alignment == 0:
            raise Malformed
        tensors = [self._tensor(alignment) for _ in range(tensor_count)]
        # Tensors at one offset keep their order.
        tensors.sort(key=lambda tensor: tensor[0])
        base = -(-self._position // alignment) * alignment
        return [Part(base + offset, is_fixed=True, name=name) for offset, name in tensors]

    def _tensor(self, alignment: int) -> tuple[int, bytes]:
        name, dimensions = self._name(), self._u32()
        if dimensions > _MAX_DIMENSIONS:
            raise Malformed
        for _ in range(dimensions):
            self._u64()
        self._u32()
        offset = self._u64()
        if offset > MAX_OFFSET or offset % alignment != 0:
            raise Malformed
        return offset, name

    def _skip_value(self, kind: int) -> None:
        if kind == _STRING:
            self._skip(self._u64())
        elif kind == _ARRAY:
            self._skip_array(self._u32(), self._u64())
        elif kind in _SIZES:
            self._skip(_SIZES[kind])
        else:
            raise Malformed

    def _skip_array(self, kind: int, count: int) -> None:
        if kind == _STRING:
            self._strings += count
            if self._strings > _MAX_VALUES:
                raise Malformed
            for _ in range(count):
                self._skip(self._u64())
        elif kind in _SIZES:
            self._skip(count * _SIZES[kind])
        else:
            raise Malformed

    def _skip(self, count: int) -> None:
        if self._position + count > self._size:
            raise Malformed
        self._position += count

    def _take(self, count: int) -> bytes:
        begin = self._position
        self._skip(count)
        return self._view.read(begin, begin + count)

    def _u32(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def _u64(self) -> int:
        value = int.from_bytes(self._take(8), "little")
        if value > MAX_SAFE:
            raise Malformed
        return value

    def _name(self) -> bytes:
        length = self._u64()
        if length > MAX_NAME_BYTES:
            raise Malformed
        return self._take(length)
