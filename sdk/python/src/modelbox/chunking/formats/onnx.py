"""The parts of an ONNX model."""

from __future__ import annotations

from collections.abc import Generator

from modelbox.chunking.part import MAX_NAME_BYTES, MAX_SAFE, Malformed, Part
from modelbox.chunking.source import HeaderView

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH_FIELD = 7
_INITIALIZER_FIELD = 5
_NAME_FIELD = 8
_DATA_FIELD = 9
_MOST_VARINT_BYTES = 10


def onnx_parts(view: HeaderView) -> Generator[Part, None, int]:
    """The data of the initializers, and what is between them. Returns how far the file should go at least."""
    return (yield from _Model(view).parts())


class _Model:
    def __init__(self, view: HeaderView) -> None:
        self._view = view
        self._position = 0
        self._field_begin = 0
        """Where the field begins that is being read."""
        self._last = Part(0)

    def parts(self) -> Generator[Part, None, int]:
        try:
            while self._position < len(self._view):
                number, is_bytes, end = self._field(MAX_SAFE)
                yield from self._other()
                if number == _GRAPH_FIELD and is_bytes:
                    yield from self._graph(end)
                else:
                    self._position = end
        except Malformed:
            yield from self._other()
        except IndexError:
            # The file ends within a field.
            return self._field_begin
        return self._position

    def _graph(self, end: int) -> Generator[Part, None, None]:
        while self._position < end:
            number, is_bytes, until = self._field(end)
            if number == _INITIALIZER_FIELD and is_bytes:
                yield from self._tensor(until)
            else:
                yield from self._other()
                self._position = until

    def _tensor(self, end: int) -> Generator[Part, None, None]:
        name: bytes | None = None
        while self._position < end:
            number, is_bytes, until = self._field(end)
            length = until - self._position
            if number == _NAME_FIELD and is_bytes:
                if length > MAX_NAME_BYTES:
                    raise Malformed
                if until > len(self._view):
                    raise IndexError
                name = self._view.read(self._position, until)
            elif number == _DATA_FIELD and is_bytes and length > 0:
                self._last = Part(self._position, is_fixed=True, name=name)
                yield self._last
            self._position = until

    def _other(self) -> Generator[Part, None, None]:
        """What the field that is being read begins is no tensor."""
        if self._last.is_fixed and self._last.begin < self._field_begin:
            self._last = Part(self._field_begin)
            yield self._last

    def _field(self, limit: int) -> tuple[int, bool, int]:
        """Reads up to a field's bytes: its number, whether it has bytes, and where it ends."""
        self._field_begin = self._position
        tag = self._varint()
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag > MAX_SAFE:
            raise Malformed
        length = 0
        if wire_type == _VARINT:
            self._varint()
        elif wire_type == _BYTES:
            length = self._varint()
        elif wire_type == _FIXED64:
            length = 8
        elif wire_type == _FIXED32:
            length = 4
        else:
            raise Malformed
        end = self._position + length
        if end > limit or end > MAX_SAFE:
            raise Malformed
        return number, wire_type == _BYTES, end

    def _varint(self) -> int:
        value = 0
        for index in range(_MOST_VARINT_BYTES):
            byte = self._view.byte(self._position)
            self._position += 1
            value += (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise Malformed
