"""What a file is divided into."""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap
from typing import Union

Buffer = Union[bytes, mmap]

MAX_SAFETENSORS_HEADER_BYTES = 32 << 20
MAX_TENSORS = 200_000
MAX_NAME_BYTES = 65_535
MAX_HEADER_VALUES = 20_000_000
MAX_OFFSET = 1 << 52
MAX_SAFE = (1 << 53) - 1


@dataclass(frozen=True)
class Part:
    """From here to the next part, or to the end of the file."""

    begin: int
    #: A tensor: it is cut at fixed distances. Else the content says where.
    is_fixed: bool = False
    #: FNV-1a of the name, or None.
    name_hash: int | None = None
    #: No other part shares its chunks.
    stands_alone: bool = False


class Malformed(Exception):
    """The file is not what it looked like."""


def name_hash(name: bytes) -> int:
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in name:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value
