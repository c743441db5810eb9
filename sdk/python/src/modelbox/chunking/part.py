"""What a file is divided into."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SAFE = (1 << 53) - 1
MAX_OFFSET = 1 << 52
MAX_TENSORS = 200_000
MAX_NAME_BYTES = 65_535


@dataclass(frozen=True)
class Part:
    """From here to the next part, or to the end of the file."""

    begin: int
    """Offset in the file, in bytes."""
    is_fixed: bool = False
    """A tensor: it is cut at fixed distances. Else the content says where."""
    name: bytes | None = None
    """Its name, in UTF-8 or as the file has it, or None."""
    stands_alone: bool = False
    """No other part shares its chunks."""

    @property
    def rank(self) -> int:
        """FNV-1a, 32 bits, of the name; without one more than any."""
        if self.name is None:
            return 1 << 32
        value = 0x811C9DC5
        for byte in self.name:
            value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
        return value


@dataclass(frozen=True)
class NoPartBefore:
    """What a format says while it looks for the next part: none begins before this offset."""

    offset: int


class Malformed(Exception):
    """The file is not what it looked like."""
