"""What tells a training to end: SIGTERM, from a cluster that wants its machine back."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

EXIT_STATUS = 128 + signal.SIGTERM
"""As of a process that SIGTERM has ended."""

_log = logging.getLogger("modelbox")


class Preemption:
    """Notes the first SIGTERM; the second ends the process at once. Does nothing outside of the main thread."""

    def __init__(self) -> None:
        self.is_wanted = False
        """Whether the training is to end after this step."""
        self._previous: Any = None
        self._is_installed = False

    def install(self) -> None:
        """From now on."""
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGTERM, self._on_signal)
            self._is_installed = True

    def restore(self) -> None:
        """What SIGTERM did before, it does again."""
        if self._is_installed and threading.current_thread() is threading.main_thread():
            # None: it was installed by something that is not Python.
            signal.signal(signal.SIGTERM, signal.SIG_DFL if self._previous is None else self._previous)
            self._is_installed = False

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.is_wanted = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _log.warning("SIGTERM: saves at the end of this step, and ends then. Another SIGTERM ends at once.")
