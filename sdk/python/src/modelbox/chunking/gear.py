"""Content cuts: where the bytes before a place say so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

MIN_CHUNK_BYTES = 1 << 20
TARGET_CHUNK_BYTES = 4 << 20
MAX_CHUNK_BYTES = 8 << 20

HASHED_BYTES = 32
"""A hash covers so many bytes before its place."""
SCAN_BYTES = 64 << 10
"""So many places are looked at together."""
_EARLY_BELOW = 1 << 8
_LATE_BELOW = 1 << 12

GEAR = [int.from_bytes(hashlib.sha256(bytes([byte])).digest()[:4], "little") for byte in range(256)]
"""The gear of each byte."""

Scan = Callable[["memoryview", int], "int | None"]
"""Finds the first place whose hash is below a limit of at most 2^24. The first place is behind the first HASHED_BYTES
bytes, the last one at the end; at most SCAN_BYTES places. Returns its number, from 0."""


def content_cut(view: Callable[[int, int], memoryview], limit: int) -> int | None:
    """The first length from MIN up to the limit at which the content ends a chunk.

    `view` has the bytes of the chunk, between two distances from its beginning.
    """
    scan = fastest_scan()
    early = min(limit, TARGET_CHUNK_BYTES - 1)
    found = _search(view, scan, MIN_CHUNK_BYTES, early, _EARLY_BELOW)
    if found is None:
        found = _search(view, scan, TARGET_CHUNK_BYTES, limit, _LATE_BELOW)
    return found


def _search(
    view: Callable[[int, int], memoryview], scan: Scan, first: int, last: int, below: int
) -> int | None:
    for length in range(first, last + 1, SCAN_BYTES):
        count = min(SCAN_BYTES, last + 1 - length)
        found = scan(view(length - HASHED_BYTES, length + count - 1), below)
        if found is not None:
            return length + found
    return None


_scan: Scan | None = None


def fastest_scan() -> Scan:
    """With numpy where that is installed: ten times as fast."""
    global _scan
    if _scan is None:
        try:
            from modelbox.chunking.gear_numpy import scan
        except ImportError:
            from modelbox.chunking.gear_plain import scan
        _scan = scan
    return _scan
