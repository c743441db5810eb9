"""The parts of a file as they are seen from the beginning of a chunk."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from modelbox.chunking.formats import find_parts
from modelbox.chunking.gear import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES
from modelbox.chunking.part import Part
from modelbox.chunking.source import Source

LOOK_AHEAD_BYTES = MAX_CHUNK_BYTES + MIN_CHUNK_BYTES
"""How far beyond the beginning of a chunk the boundaries of parts matter."""
_FAR_BYTES = LOOK_AHEAD_BYTES + MIN_CHUNK_BYTES
"""A part that has not ended here might as well go on forever."""


@dataclass(frozen=True)
class Place:
    """A part, with distances from the beginning of the chunk, in bytes."""

    begin: int
    end: int
    """Where it ends; more than LOOK_AHEAD_BYTES is only known not to be less."""
    part: Part
    is_open: bool
    """It runs to the end of the file."""

    @property
    def is_big(self) -> bool:
        least = MIN_CHUNK_BYTES if self.part.stands_alone else TARGET_CHUNK_BYTES
        return self.end - self.begin >= least or self.end > LOOK_AHEAD_BYTES


class Layout:
    """Follows the chunks through the file, and looks no further ahead than they need."""

    def __init__(self, source: Source) -> None:
        self._size = source.size
        self._found = find_parts(source)
        self._parts: deque[Part] = deque([Part(0)])
        """From the part that holds the position on."""
        self._end: int | None = None
        """Where the last part ends; None until all parts are known."""
        self._none_before = 0
        """No part that is not known begins before this."""
        self._position = 0

    def move_to(self, position: int) -> None:
        """The next chunk begins here."""
        self._position = position
        while True:
            self._know(1)
            if len(self._parts) < 2 or self._parts[1].begin > position:
                return
            self._parts.popleft()

    def at(self, index: int) -> Place | None:
        """The part that the chunk begins in, or one after it."""
        self._know(index + 1)
        if index >= len(self._parts):
            return None
        part = self._parts[index]
        is_open = False
        if index + 1 < len(self._parts):
            end = self._parts[index + 1].begin
        elif self._end is None:
            end = self._none_before
        else:
            end, is_open = self._end, True
        return Place(part.begin - self._position, end - self._position, part, is_open)

    def _know(self, index: int) -> None:
        """Finds parts up to the one of this index, or until it is known to begin far away."""
        while self._end is None and len(self._parts) <= index:
            if self._none_before > self._position + _FAR_BYTES:
                return
            try:
                found = next(self._found)
            except StopIteration as stop:
                self._end = max(self._size, stop.value or 0, self._parts[-1].begin)
                return
            if isinstance(found, Part):
                self._none_before = max(self._none_before, found.begin)
                # A part of no bytes is none: of several that begin at one offset the last counts.
                if self._parts[-1].begin == found.begin:
                    self._parts.pop()
                self._parts.append(found)
            else:
                self._none_before = max(self._none_before, found.offset)
