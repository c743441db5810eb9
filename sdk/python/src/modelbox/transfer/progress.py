"""How far a transfer has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True)
class Progress:
    """How far a transfer has come. Sizes are in bytes."""

    total_files: int
    total_bytes: int
    done_files: int = 0
    done_bytes: int = 0
    """Of the files, whether they were moved or had not to be."""
    transferred_bytes: int = 0
    """What went over the network."""


OnProgress: TypeAlias = "Callable[[Progress], None] | None"


class Counter:
    """Counts what threads do, and tells somebody: from any of them, one at a time."""

    def __init__(self, total_files: int, total_bytes: int, on_progress: OnProgress) -> None:
        self._lock = threading.Lock()
        self._on_progress = on_progress
        self.now = Progress(total_files, total_bytes)
        self.counts: dict[str, int] = {}

    def add(self, *, files: int = 0, done: int = 0, transferred: int = 0, **counts: int) -> None:
        """Adds to what is done; `counts` are whatever else is counted."""
        with self._lock:
            now = self.now
            self.now = replace(
                now,
                done_files=now.done_files + files,
                done_bytes=now.done_bytes + done,
                transferred_bytes=now.transferred_bytes + transferred,
            )
            for name, count in counts.items():
                self.counts[name] = self.counts.get(name, 0) + count
            if self._on_progress is not None:
                self._on_progress(self.now)
