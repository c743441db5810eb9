"""The parts of an ONNX model."""

from __future__ import annotations

from .part import MAX_NAME_BYTES, MAX_SAFE, Buffer, Malformed, Part, name_hash

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class OnnxParts:
    def __init__(self, data: Buffer, found: list[Part]) -> None:
        self.data = data
        self.found = found
        self.position = 0
        #: Where the field begins that is being read.
        self.field_begin = 0

    def read(self) -> int:
        try:
            while self.position < len(self.data):
                number, is_bytes, end = self._field(MAX_SAFE)
                self._other(self.field_begin)
                if number == 7 and is_bytes:
                    self._graph(end)
                else:
                    self.position = end
        except Malformed:
            self._other(self.field_begin)
        except IndexError:
            # The file ends within a field.
            return self.field_begin
        return self.position

    def _graph(self, end: int) -> None:
        while self.position < end:
            number, is_bytes, until = self._field(end)
            if number == 5 and is_bytes:
                self._tensor(until)
            else:
                self._other(self.field_begin)
                self.position = until

    def _tensor(self, end: int) -> None:
        hash_of_name: int | None = None
        while self.position < end:
            number, is_bytes, until = self._field(end)
            length = until - self.position
            if number == 8 and is_bytes:
                if length > MAX_NAME_BYTES:
                    raise Malformed
                if until > len(self.data):
                    raise IndexError
                hash_of_name = name_hash(bytes(self.data[self.position : until]))
            elif number == 9 and is_bytes and length > 0:
                self.found.append(Part(self.position, is_fixed=True, name_hash=hash_of_name))
            self.position = until

    def _other(self, position: int) -> None:
        if self.found[-1].is_fixed and self.found[-1].begin < position:
            self.found.append(Part(position))

    def _field(self, limit: int) -> tuple[int, bool, int]:
        self.field_begin = self.position
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
        end = self.position + length
        if end > limit or end > MAX_SAFE:
            raise Malformed
        return number, wire_type == _BYTES, end

    def _varint(self) -> int:
        value = 0
        for index in range(10):
            byte = self.data[self.position]
            self.position += 1
            value += (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise Malformed
