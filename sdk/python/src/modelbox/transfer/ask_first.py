"""Whether to ask before a chunk is sent."""

from __future__ import annotations

import threading


class AskFirst:
    """Decides whether a chunk is worth its SHA-256 before it is sent, to ask whether the server has it.

    On a line between machines it always is. On one machine, sending costs less than the digest, which the server takes
    anyway: so once a run of chunks was new to the server, the next ones go without, until one turns out to have been
    there; from then on it takes a run of twice the length.
    """

    def __init__(self, *, is_local: bool, run_length: int) -> None:
        self._is_local = is_local
        self._run_length = run_length
        self._new_in_a_row = 0
        self._lock = threading.Lock()

    @property
    def is_needed(self) -> bool:
        """Whether the next chunk is to be asked about."""
        return not self._is_local or self._new_in_a_row < self._run_length

    def was_new(self) -> None:
        """The server did not have a chunk."""
        with self._lock:
            self._new_in_a_row += 1

    def was_there(self) -> None:
        """The server had a chunk."""
        with self._lock:
            if not self.is_needed:
                self._run_length *= 2
            self._new_in_a_row = 0
