"""Content cuts: where the bytes before a place say so."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy

from .part import Buffer

MIN_CHUNK_BYTES = 1 << 20
TARGET_CHUNK_BYTES = 4 << 20
MAX_CHUNK_BYTES = 8 << 20

_HASHED_BYTES = 32
_BLOCK_BYTES = 256 << 10
_EARLY_BELOW = 1 << 8
_LATE_BELOW = 1 << 12


def _gear_table() -> Any:
    words = [hashlib.sha256(bytes([byte])).digest()[:4] for byte in range(256)]
    return numpy.frombuffer(b"".join(words), dtype="<u4").astype(numpy.uint32)


_GEAR: Any = _gear_table()


def content_cut(data: Buffer, begin: int, limit: int) -> int | None:
    """The first length from MIN up to the limit at which the content ends a chunk that begins at `begin`."""
    early = min(limit, TARGET_CHUNK_BYTES - 1)
    found = _scan(data, begin, MIN_CHUNK_BYTES, early, _EARLY_BELOW)
    if found is None:
        found = _scan(data, begin, TARGET_CHUNK_BYTES, limit, _LATE_BELOW)
    return found


def _scan(data: Buffer, begin: int, first: int, last: int, below: int) -> int | None:
    for length in range(first, last + 1, _BLOCK_BYTES):
        count = min(_BLOCK_BYTES, last + 1 - length)
        # A hash covers the 32 bytes before its place.
        window = data[begin + length - _HASHED_BYTES : begin + length + count - 1]
        hashes = _GEAR[numpy.frombuffer(window, dtype=numpy.uint8)]
        # Each step doubles how many bytes are summed up: 2, 4, 8, 16, 32.
        for width in (1, 2, 4, 8, 16):
            hashes = hashes[width:] + (hashes[:-width] << numpy.uint32(width))
        places = numpy.flatnonzero(hashes < below)
        if len(places) > 0:
            return length + int(places[0])
    return None
