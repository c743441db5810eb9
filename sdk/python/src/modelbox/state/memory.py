"""Memory for snapshots, used again and again."""

from __future__ import annotations

import contextlib
import mmap
import threading
from collections.abc import Callable
from typing import Any

_PAGE_BYTES = 2 << 20
"""Sizes are rounded up to this, so that a state which grows a little finds its memory again."""


class Memory:
    """A stretch of memory."""

    def __init__(self, view: memoryview, owner: Any = None) -> None:
        """`view` is writable; `owner` is what must live as long."""
        self.view = view
        self.owner = owner

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        return len(self.view)


def plain_memory(size_bytes: int) -> Memory:
    """Memory of the system, in huge pages where it has them: the first copy into it takes a third of the time."""
    mapped = mmap.mmap(-1, max(1, size_bytes))
    if hasattr(mmap, "MADV_HUGEPAGE"):
        # Not every kernel has them.
        with contextlib.suppress(OSError):
            mapped.madvise(mmap.MADV_HUGEPAGE)
    return Memory(memoryview(mapped))


class MemoryPool:
    """Lends memory, and keeps what comes back for the next time. Threads may share it."""

    def __init__(self, most: int) -> None:
        """`most` is how many stretches are kept when nobody uses them."""
        self._most = most
        self._lock = threading.Lock()
        self._free: list[Memory] = []
        self._is_closed = False

    def take(self, size_bytes: int, allocate: Callable[[int], Memory]) -> Memory:
        """At least so many bytes, with any content."""
        with self._lock:
            for index, memory in enumerate(self._free):
                if memory.size_bytes >= size_bytes:
                    return self._free.pop(index)
            # What is too small is of no more use, and would be counted twice.
            if self._free:
                self._free.pop()
        return allocate(-(-size_bytes // _PAGE_BYTES) * _PAGE_BYTES)

    def give_back(self, memory: Memory) -> None:
        """Nobody reads or writes it any more."""
        with self._lock:
            if not self._is_closed and len(self._free) < self._most:
                self._free.append(memory)

    def close(self) -> None:
        """Keeps nothing any more."""
        with self._lock:
            self._is_closed = True
            self._free.clear()
