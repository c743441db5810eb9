"""The chunks of a file, from its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from mmap import mmap

from modelbox.chunking.gear import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES, content_cut
from modelbox.chunking.layout import LOOK_AHEAD_BYTES, Layout, Place
from modelbox.chunking.source import MemorySource, Source

View = Callable[[int, int], memoryview]
"""The bytes between two distances from the beginning of a chunk."""


def chunk_lengths(data: bytes | bytearray | memoryview | mmap) -> Iterator[int]:
    """Lengths of the chunks of a file, in bytes, in order; none for an empty file."""
    whole = memoryview(data)
    cutter = Cutter(MemorySource(whole))
    position = 0
    while position < len(whole):
        begin = position
        length = cutter.next_length(position, lambda first, last, at=begin: whole[at + first : at + last])
        yield length
        position += length


class Cutter:
    """Says how long the next chunk is, one after the other."""

    def __init__(self, source: Source) -> None:
        self._size = source.size
        self._layout = Layout(source) if self._size > MIN_CHUNK_BYTES else None

    def next_length(self, position: int, view: View) -> int:
        """Length of the chunk that begins at `position`, where the last one ended and a byte is left at least."""
        left = self._size - position
        if self._layout is None:
            return left
        self._layout.move_to(position)
        return min(_next_length(self._layout, left, view), left)


def _next_length(layout: Layout, left: int, view: View) -> int:
    here = layout.at(0)
    assert here is not None
    if not here.is_big:
        return _shared(layout)
    if here.part.is_fixed:
        if here.end >= TARGET_CHUNK_BYTES + MIN_CHUNK_BYTES:
            return TARGET_CHUNK_BYTES
        return _rest(layout, here)
    if here.is_open or here.end > left:
        # Nothing but the content and the end of the file ends the chunk.
        limit = MAX_CHUNK_BYTES if here.is_open else min(MAX_CHUNK_BYTES, here.end - MIN_CHUNK_BYTES)
        return content_cut(view, min(limit, left)) or MAX_CHUNK_BYTES
    limit = min(MAX_CHUNK_BYTES, here.end - MIN_CHUNK_BYTES)
    found = content_cut(view, limit)
    if found is not None:
        return found
    return _rest(layout, here) if here.end <= MAX_CHUNK_BYTES - MIN_CHUNK_BYTES else limit


def _rest(layout: Layout, here: Place) -> int:
    """The rest of a big part; small ones that follow join it if they are too short for a chunk together."""
    if here.part.stands_alone:
        return here.end
    end = here.end
    index = 1
    while True:
        following = layout.at(index)
        if following is None or following.is_big:
            return end
        if following.end - here.end >= MIN_CHUNK_BYTES:
            return here.end
        end = following.end
        index += 1


def _shared(layout: Layout) -> int:
    """Small parts share a chunk, up to the one whose name has the smallest hash."""
    divisions: list[tuple[int, Place | None]] = []
    """Where they may be divided, and the part that begins there."""
    end: int | None = None
    index = 1
    while end is None:
        following = layout.at(index)
        if following is None:
            before = layout.at(index - 1)
            assert before is not None
            end = before.end
            divisions.append((end, None))
        elif following.begin > LOOK_AHEAD_BYTES:
            break
        else:
            divisions.append((following.begin, following))
            if following.is_big:
                end = following.begin
        index += 1
    if end is not None and end <= TARGET_CHUNK_BYTES:
        return end
    allowed = [
        division
        for division in divisions
        if MIN_CHUNK_BYTES <= division[0] <= MAX_CHUNK_BYTES
        and (end is None or division[0] == end or end - division[0] >= MIN_CHUNK_BYTES)
    ]
    # Of equal ones the nearest, which comes first.
    return min(allowed, key=lambda division: _rank(division[1]))[0]


def _rank(place: Place | None) -> int:
    return 1 << 32 if place is None else place.part.rank
