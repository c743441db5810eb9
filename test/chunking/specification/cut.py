"""The chunks of a file, from its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .gear import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES, content_cut
from .part import Buffer, Part
from .parts import find_parts

__all__ = ["MAX_CHUNK_BYTES", "chunk_lengths"]

#: How far beyond the beginning of a chunk the boundaries of parts matter.
_LOOK_AHEAD_BYTES = MAX_CHUNK_BYTES + MIN_CHUNK_BYTES


def chunk_lengths(data: Buffer) -> Iterator[int]:
    """Lengths of the chunks of a file, in bytes, in order; none for an empty file."""
    if len(data) <= MIN_CHUNK_BYTES:
        if len(data) > 0:
            yield len(data)
        return
    parts = _Parts(*find_parts(data))
    position = 0
    while position < len(data):
        length = min(_next_length(data, parts, position), len(data) - position)
        yield length
        position += length
        parts.move_to(position)


@dataclass(frozen=True)
class _Place:
    """A part as seen from the beginning of a chunk."""

    begin: int
    end: int
    part: Part

    @property
    def is_big(self) -> bool:
        least = MIN_CHUNK_BYTES if self.part.stands_alone else TARGET_CHUNK_BYTES
        return self.end - self.begin >= least or self.end > _LOOK_AHEAD_BYTES


class _Parts:
    def __init__(self, parts: list[Part], end: int) -> None:
        self._parts = parts
        self._end = end
        self._index = 0
        self._position = 0

    def move_to(self, position: int) -> None:
        self._position = position
        while self._index + 1 < len(self._parts) and self._parts[self._index + 1].begin <= position:
            self._index += 1

    def at(self, index: int) -> _Place | None:
        """The part that the chunk begins in, or one after it."""
        place = self._index + index
        if place >= len(self._parts):
            return None
        part = self._parts[place]
        is_last = place + 1 == len(self._parts)
        end = self._end if is_last else self._parts[place + 1].begin
        return _Place(part.begin - self._position, end - self._position, part)

    def is_open(self, index: int) -> bool:
        """Whether the part runs to the end of the file."""
        return self._index + index == len(self._parts) - 1


def _next_length(data: Buffer, parts: _Parts, position: int) -> int:
    here = parts.at(0)
    assert here is not None
    if not here.is_big:
        return _shared(parts)
    if here.part.is_fixed:
        if here.end >= TARGET_CHUNK_BYTES + MIN_CHUNK_BYTES:
            return TARGET_CHUNK_BYTES
        return _rest(parts, here)
    left = len(data) - position
    if parts.is_open(0) or here.end > left:
        # Nothing but the content and the end of the file ends the chunk.
        limit = MAX_CHUNK_BYTES if parts.is_open(0) else min(MAX_CHUNK_BYTES, here.end - MIN_CHUNK_BYTES)
        return content_cut(data, position, min(limit, left)) or MAX_CHUNK_BYTES
    limit = min(MAX_CHUNK_BYTES, here.end - MIN_CHUNK_BYTES)
    found = content_cut(data, position, limit)
    if found is not None:
        return found
    return _rest(parts, here) if here.end <= MAX_CHUNK_BYTES - MIN_CHUNK_BYTES else limit


def _rest(parts: _Parts, here: _Place) -> int:
    """The rest of a big part; small ones that follow join it if they are too short for a chunk together."""
    if here.part.stands_alone:
        return here.end
    end = here.end
    index = 1
    while True:
        following = parts.at(index)
        if following is None or following.is_big:
            return end
        if following.end - here.end >= MIN_CHUNK_BYTES:
            return here.end
        end = following.end
        index += 1


def _shared(parts: _Parts) -> int:
    """Small parts share a chunk, up to the one whose name has the smallest hash."""
    divisions: list[tuple[int, int | None]] = []
    end: int | None = None
    index = 1
    while end is None:
        following = parts.at(index)
        if following is None:
            before = parts.at(index - 1)
            assert before is not None
            end = before.end
        elif following.begin > _LOOK_AHEAD_BYTES:
            break
        elif following.is_big:
            end = following.begin
            divisions.append((end, following.part.name_hash))
        else:
            divisions.append((following.begin, following.part.name_hash))
        index += 1
    if end is not None:
        if end <= TARGET_CHUNK_BYTES:
            return end
        if not divisions or divisions[-1][0] != end:
            divisions.append((end, None))
    best: tuple[int, int | None] | None = None
    for at, hash_of_name in divisions:
        leaves_enough = end is None or at == end or end - at >= MIN_CHUNK_BYTES
        if not MIN_CHUNK_BYTES <= at <= MAX_CHUNK_BYTES or not leaves_enough:
            continue
        if best is None or _rank(hash_of_name) < _rank(best[1]):
            best = (at, hash_of_name)
    assert best is not None, "small parts have a division within the limits"
    return best[0]


def _rank(hash_of_name: int | None) -> int:
    return 1 << 32 if hash_of_name is None else hash_of_name
