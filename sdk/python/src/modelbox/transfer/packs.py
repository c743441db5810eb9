"""Many small chunks in one request: docs/storage-layout.md has the form."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_MAGIC = b"MBXPACK1"
_HEAD_BYTES = len(_MAGIC) + 4
_ENTRY_BYTES = 36


def write_pack(chunks: Sequence[tuple[str, memoryview]]) -> bytearray:
    """The body for chunks, each with its SHA-256 in hexadecimal digits."""
    pack = bytearray(_MAGIC)
    pack += struct.pack("<I", len(chunks))
    for sha256, data in chunks:
        pack += bytes.fromhex(sha256)
        pack += struct.pack("<I", len(data))
    for _, data in chunks:
        pack += data
    return pack


def split_packs(
    chunks: Sequence[tuple[str, memoryview]], *, max_bytes: int, max_chunks: int
) -> Iterator[Sequence[tuple[str, memoryview]]]:
    """As few groups as it takes, each of which fits into a pack."""
    begin = 0
    size = _HEAD_BYTES
    for index, (_, data) in enumerate(chunks):
        needed = _ENTRY_BYTES + len(data)
        if index > begin and (index - begin == max_chunks or size + needed > max_bytes):
            yield chunks[begin:index]
            begin, size = index, _HEAD_BYTES
        size += needed
    if begin < len(chunks):
        yield chunks[begin:]
