"""The hashes of many places at once, as one long number."""

from __future__ import annotations

from modelbox.chunking.gear import GEAR

_LANE_BYTES = 8
"""Each hash has 64 bits of the number: a sum of 32 gears, each shifted by less than 32, has no more."""
_LANE_BITS = 64
_PLANES = [bytes(gear >> shift & 0xFF for gear in GEAR) for shift in (0, 8, 16, 24)]
_PLACES = 8 << 10
"""Numbers of about this length are the fastest."""
_HASHED_BYTES = 32


def scan(window: memoryview, below: int) -> int | None:
    """See gear.Scan."""
    places = len(window) - _HASHED_BYTES + 1
    for first in range(0, places, _PLACES):
        count = min(_PLACES, places - first)
        found = _scan(bytes(window[first : first + count + _HASHED_BYTES - 1]), count, below)
        if found is not None:
            return first + found
    return None


def _scan(data: bytes, count: int, below: int) -> int | None:
    lanes = bytearray(_LANE_BYTES * len(data))
    for index, plane in enumerate(_PLANES):
        lanes[index::_LANE_BYTES] = data.translate(plane)
    number = int.from_bytes(lanes, "little")
    # Each step doubles how many bytes are summed up: 2, 4, 8, 16, 32.
    for width in (1, 2, 4, 8, 16):
        number += number << width * (_LANE_BITS + 1)
    skipped = _LANE_BYTES * (_HASHED_BYTES - 1)
    hashes = number.to_bytes(_LANE_BYTES * len(data) + skipped, "little")
    hashes = hashes[skipped : skipped + _LANE_BYTES * count]
    # A hash below the limit has a first byte of 0: one place in 256.
    highest = hashes[3::_LANE_BYTES]
    place = highest.find(0)
    while place >= 0:
        at = _LANE_BYTES * place
        if int.from_bytes(hashes[at : at + 4], "little") < below:
            return place
        place = highest.find(0, place + 1)
    return None
