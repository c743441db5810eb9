"""What a thread does for a program that goes on meanwhile."""

from __future__ import annotations

import threading
import time

from modelbox.closing import Closing
from modelbox.errors import DeadlineExceeded
from modelbox.forked import watch_forks

_LOOK_SECONDS = 0.1
"""Whoever waits looks again after that, whether told to or not."""


class Background(Closing):
    """The part that all such work shares: its condition, its thread, and the failure that the next call raises.

    A child of a fork begins with nothing to do.
    """

    def __init__(self) -> None:
        self._is_closed = False
        self._reset()
        watch_forks(self)

    def after_fork(self) -> None:
        """In the child: what waits, and the thread, are the parent's."""
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        """Guards everything else here."""
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def _look(self) -> None:
        self._changed.wait(_LOOK_SECONDS)

    def _wait(self, ends_at: float | None, what: str) -> None:
        """Waits for a change. Raises `DeadlineExceeded`, with what is still being done, when there is no time left."""
        left = _LOOK_SECONDS if ends_at is None else min(_LOOK_SECONDS, ends_at - time.monotonic())
        if left <= 0:
            raise DeadlineExceeded(f"{what}; give more time, or look at the server and the network.")
        self._changed.wait(left)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
