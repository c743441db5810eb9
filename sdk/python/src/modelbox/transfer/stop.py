"""How the parts of a transfer end together."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Stop:
    """The first failure ends all parts: whoever waits looks here, and raises it."""

    LOOK_SECONDS = 0.5
    """How often whoever waits for something else looks at least."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._at_end: Callable[[], None] | None = None

    def at_end(self, action: Callable[[], None]) -> None:
        """What `fail` does besides, in whichever thread: ends what waits for the network. The last given counts."""
        with self._lock:
            self._at_end = action
            if not self.is_ended:
                return
        action()

    def fail(self, error: BaseException) -> None:
        """Ends the transfer; of several failures the first one counts."""
        with self._lock:
            if self._error is None:
                self._error = error
            self._ended.set()
            action = self._at_end
        if action is not None:
            action()

    def check(self) -> None:
        """Raises what ended the transfer."""
        if self._ended.is_set() and self._error is not None:
            raise self._error

    def wait(self, seconds: float) -> None:
        """Waits, and raises what ended the transfer when that happens first."""
        self._ended.wait(seconds)
        self.check()

    @property
    def is_ended(self) -> bool:
        """Whether something failed."""
        return self._ended.is_set()
