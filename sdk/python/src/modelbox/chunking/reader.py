"""Reads a source once, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelbox.chunking.cut import Cutter
from modelbox.chunking.gear import MAX_CHUNK_BYTES
from modelbox.chunking.source import MemorySource, Source

_STEP_BYTES = 512 << 10
"""How much is read ahead at least while content is looked through."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a source."""

    offset: int
    """Where it begins, in bytes."""
    data: memoryview
    """Its bytes."""


class ChunkReader:
    """The chunks of a source, in order. Holds one at a time, in memory that it is given.

    Raises EOFError when the source ends before its size.
    """

    def __init__(self, source: Source, buffer: Callable[[], memoryview]) -> None:
        """`buffer` gives the memory for each chunk: MAX_CHUNK_BYTES. It is not asked where the source is in memory."""
        self._source = source
        self._size = source.size
        self._cutter = Cutter(source)
        self._new_buffer = buffer
        self._position = 0
        self._buffer = memoryview(b"")
        self._filled = 0

    def __iter__(self) -> Iterator[Chunk]:
        if isinstance(self._source, MemorySource):
            yield from self._slices(self._source)
            return
        ahead = b""
        while self._position < self._size:
            position = self._position
            self._buffer = self._new_buffer()
            self._buffer[: len(ahead)] = ahead
            self._filled = len(ahead)
            length = self._cutter.next_length(position, self._view)
            self._fill(length)
            # Whoever has the chunk may give its memory away before the next one is asked for.
            ahead = bytes(self._buffer[length : self._filled])
            self._position += length
            yield Chunk(position, self._buffer[:length])

    def _slices(self, source: MemorySource) -> Iterator[Chunk]:
        while self._position < self._size:
            position = self._position
            length = self._cutter.next_length(
                position, lambda begin, end, at=position: source.read_at(at + begin, end - begin)
            )
            self._position += length
            yield Chunk(position, source.read_at(position, length))

    def _view(self, begin: int, end: int) -> memoryview:
        if end > self._filled:
            left = min(self._size - self._position, MAX_CHUNK_BYTES)
            self._fill(min(max(end, self._filled + _STEP_BYTES), left))
        return self._buffer[begin:end]

    def _fill(self, length: int) -> None:
        while self._filled < length:
            at = self._position + self._filled
            count = read_into(self._source, at, self._buffer[self._filled : length])
            if count == 0:
                raise EOFError(f"the source ends at {at} bytes, {self._size - at} before its size")
            self._filled += count


def read_into(source: Source, offset: int, target: memoryview) -> int:
    """Fills memory from a source, by its `read_into(offset, target)` if it has one; returns how many bytes came."""
    direct = getattr(source, "read_into", None)
    if direct is not None:
        return direct(offset, target)
    data = source.read_at(offset, len(target))
    target[: len(data)] = data
    return len(data)
