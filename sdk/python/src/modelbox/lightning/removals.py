"""Deletes checkpoints in the background, when it is safe."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from modelbox.errors import FailedPrecondition, ModelBoxError, NotFound
from modelbox.lightning.book import Stored
from modelbox.objects.experiment import Experiment
from modelbox.saving.fallback import is_away

MAX_WAITING = 10_000
_LOOK_SECONDS = 0.1
_PAUSE_SECONDS = 5.0
"""After a refusal, and while the server is away."""

_log = logging.getLogger("modelbox")


@dataclass
class _Removal:
    stored: Stored
    newest: Stored | None
    """The last save before it: it goes only when that one is on the server, or was replaced."""
    not_before: float = 0.0
    why: str = ""
    """It is still there."""


class Removals:
    """Checkpoints that are to be deleted, in order.

    One goes once all that was saved before is durable on the server, so that there is never less than there was. What a
    lease holds, since somebody restores from it, stays until the lease has ended.
    """

    def __init__(self, experiment: Callable[[], Experiment]) -> None:
        self._experiment = experiment
        self._waiting: deque[_Removal] = deque()
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def names(self) -> list[str]:
        """Of those that are still there."""
        with self._lock:
            return [removal.stored.name for removal in self._waiting]

    def add(self, stored: Stored, newest: Stored | None) -> None:
        """To be deleted soon."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                _log.warning("The checkpoint %s stays: too many others could not be deleted.", stored.name)
                return
            self._waiting.append(_Removal(stored, newest))
            if self._thread is None:
                self._is_stopped.clear()
                # A daemon: what it has not done at the end of the program, `close` and the next program do.
                self._thread = threading.Thread(target=self._run, name="modelbox-removals", daemon=True)
                self._thread.start()

    def close(self, timeout_seconds: float) -> None:
        """Deletes what can be deleted now, and tells what stays. All saves have ended."""
        self._is_stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_seconds)
        with self._lock:
            self._thread = None
        ends_at = time.monotonic() + timeout_seconds
        self._pass(lambda: time.monotonic() < ends_at, is_last=True)
        with self._lock:
            left, self._waiting = self._waiting, deque[_Removal]()
        for removal in left:
            why = removal.why or "the save that came after it has not reached the server"
            _log.warning("The checkpoint %s was to be deleted, and stays: %s", removal.stored.name, why)

    def _run(self) -> None:
        while not self._is_stopped.wait(_LOOK_SECONDS):
            self._pass(lambda: not self._is_stopped.is_set())

    def _pass(self, may_go_on: Callable[[], bool], *, is_last: bool = False) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for removal in waiting:
            if not may_go_on():
                return
            if not is_last and time.monotonic() < removal.not_before:
                continue
            try:
                is_done = self._delete(removal)
            except NotFound:
                is_done = True
            except ModelBoxError as error:
                # Also a lease that holds it: somebody restores from it.
                is_done = not (is_away(error) or isinstance(error, FailedPrecondition))
                if is_done:
                    _log.warning("The checkpoint %s stays: %s", removal.stored.name, error)
                removal.why = str(error)
                removal.not_before = time.monotonic() + _PAUSE_SECONDS
            if is_done:
                # `close` does not wait for ever for the thread, so both may have come to this one.
                with self._lock, contextlib.suppress(ValueError):
                    self._waiting.remove(removal)

    def _delete(self, removal: _Removal) -> bool:
        """Whether there is nothing left to do."""
        experiment = self._experiment()
        newest, stored = removal.newest, removal.stored
        if newest is not None and newest.handle is not None:
            state = newest.handle.state
            if state == "failed":
                _log.warning("The checkpoint %s stays, as the one after it was not saved.", stored.name)
                return True
            if state in ("pending", "spooled") and newest.find(experiment) is None:
                if state == "spooled":
                    removal.not_before = time.monotonic() + _PAUSE_SECONDS
                return False
        if stored.handle is not None and stored.handle.state in ("replaced", "failed"):
            return True
        found = stored.find(experiment)
        if found is None:
            # One of the spool may still come.
            return stored.handle is None or stored.handle.state == "committed"
        found.delete()
        return True
