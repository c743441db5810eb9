"""What is cut: bytes that can be read at any place."""

from __future__ import annotations

from typing import Protocol

_BLOCK_BYTES = 64 << 10
"""How much is read for a header at least: the next one is often close."""
_SEARCH_BYTES = 1 << 20
"""How much is read at once to find a signature."""


class Source(Protocol):
    """Bytes that stay the same while they are read."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes | bytearray | memoryview:
        """Bytes from an offset on: as many as asked for, fewer only at the end."""
        ...


class MemorySource:
    """Bytes in memory."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._data = memoryview(data).cast("B")

    @property
    def size(self) -> int:
        return len(self._data)

    def read_at(self, offset: int, length: int) -> memoryview:
        return self._data[offset : offset + length]


class HeaderView:
    """Reads here and there, as headers need it. Holds two blocks, and what is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._size = source.size
        self._begin = 0
        self._block: bytes = b""
        self._stretch_begin = 0
        """Where a signature is looked for."""
        self._stretch: bytes = b""

    def __len__(self) -> int:
        return self._size

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between two offsets, as far as the file has them."""
        end = min(end, self._size)
        if begin >= end:
            return b""
        if begin < self._begin or end > self._begin + len(self._block):
            if end - begin > _BLOCK_BYTES:
                return bytes(self._source.read_at(begin, end - begin))
            self._begin = begin
            self._block = bytes(self._source.read_at(begin, min(_BLOCK_BYTES, self._size - begin)))
        return self._block[begin - self._begin : end - self._begin]

    def byte(self, offset: int) -> int:
        """One byte. Raises IndexError beyond the end."""
        if offset >= self._size:
            raise IndexError
        at = offset - self._begin
        if 0 <= at < len(self._block):
            return self._block[at]
        return self.read(offset, offset + 1)[0]

    def find(self, signature: bytes, begin: int) -> tuple[int | None, int]:
        """Looks for a signature in the next stretch; returns where it is, and up to where none begins otherwise."""
        if not self._stretch_begin <= begin <= self._stretch_begin + len(self._stretch) - len(signature):
            self._stretch_begin = begin
            self._stretch = bytes(self._source.read_at(begin, min(_SEARCH_BYTES, self._size - begin)))
        end = self._stretch_begin + len(self._stretch)
        at = self._stretch.find(signature, begin - self._stretch_begin)
        if at >= 0:
            return self._stretch_begin + at, self._stretch_begin + at
        return None, self._size if end >= self._size else end - len(signature) + 1
