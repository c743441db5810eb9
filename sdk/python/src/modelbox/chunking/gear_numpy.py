"""The hashes of many places at once, with numpy."""

from __future__ import annotations

import threading

import numpy as np

from modelbox.chunking.gear import GEAR, HASHED_BYTES, SCAN_BYTES

_GEAR = np.array(GEAR, dtype=np.uint32)
_MOST_BYTES = SCAN_BYTES + HASHED_BYTES


class _Memory(threading.local):
    """What a thread calculates in: fresh memory would cost as much as the calculation."""

    def __init__(self) -> None:
        self.first = np.empty(_MOST_BYTES, dtype=np.uint32)
        self.second = np.empty(_MOST_BYTES, dtype=np.uint32)
        self.is_below = np.empty(_MOST_BYTES, dtype=np.bool_)


_memory = _Memory()


def scan(window: memoryview, below: int) -> int | None:
    """See gear.Scan."""
    hashes, spare = _memory.first, _memory.second
    count = len(window)
    # Not checked: a byte is always a place of the table. With the check it takes twice as long.
    np.take(_GEAR, np.frombuffer(window, dtype=np.uint8), out=hashes[:count], mode="clip")
    # Each step doubles how many bytes are summed up: 2, 4, 8, 16, 32.
    for width in (1, 2, 4, 8, 16):
        count -= width
        np.multiply(hashes[:count], np.uint32(1 << width), out=spare[:count])
        np.add(spare[:count], hashes[width : width + count], out=spare[:count])
        hashes, spare = spare, hashes
    is_below = np.less(hashes[:count], np.uint32(below), out=_memory.is_below[:count])
    place = int(is_below.argmax())
    return place if is_below[place] else None
