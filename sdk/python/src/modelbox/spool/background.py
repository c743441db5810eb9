"""Sends a spool while the program does something else."""

from __future__ import annotations

import logging
import os
import threading
import time

from modelbox.errors import ModelBoxError
from modelbox.saving.save import is_away
from modelbox.spool.sender import Sender
from modelbox.spool.spool import Spool

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_REFUSED_PAUSE_SECONDS = 60.0
_IDLE_SECONDS = 30.0
"""How often it looks for what other processes have left unsent."""
_LOOK_SECONDS = 0.1

_log = logging.getLogger("modelbox")


class BackgroundSender:
    """A thread that sends what is in a spool, and what comes to it, as soon as the server is there.

    The end of the program does not wait for it: what is not sent then is sent by the next program. A child of a fork
    gets a thread of its own once it adds something.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process_id = os.getpid()
        self._is_closed = False
        spool.on_added = self.start

    def start(self) -> None:
        """Begins to send, or to look again soon."""
        self._is_closed = False
        self.spool.added.set()
        if self._process_id != os.getpid():
            self._lock, self._thread, self._process_id = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._thread is None and threading.main_thread().is_alive():
                # A daemon: see above.
                self._thread = threading.Thread(target=self._run, name="modelbox-spool", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends soon, until something is added or it is started again."""
        self._is_closed = True
        self.spool.added.set()

    def wait_until_sent(self, experiment_id: str, timeout_seconds: float) -> bool:
        """Whether nothing of the experiment waits any more, after at most so many seconds."""
        self.start()
        ends_at = time.monotonic() + timeout_seconds
        while self.spool.holds(experiment_id):
            if time.monotonic() >= ends_at:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _should_end(self) -> bool:
        return self._is_closed or not threading.main_thread().is_alive()

    def _run(self) -> None:
        sender = Sender(self.spool)
        pause_seconds, told = _FIRST_PAUSE_SECONDS, ""
        while True:
            self.spool.added.clear()
            with self._lock:
                if self._should_end():
                    self._thread = None
                    return
            try:
                report = sender.send(should_end=self._should_end)
            except ModelBoxError as error:
                if is_away(error):
                    time.sleep(pause_seconds)
                    pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
                    continue
                if told != str(error):
                    _log.error("The spool can't be sent: %s", error)
                    told = str(error)
                self.spool.added.wait(_REFUSED_PAUSE_SECONDS)
                continue
            except Exception:
                # Such as a disk that fails. Nothing is lost by that: it is tried again.
                if threading.main_thread().is_alive():
                    _log.exception("The spool can't be sent")
                time.sleep(_LONGEST_PAUSE_SECONDS)
                continue
            pause_seconds, told = _FIRST_PAUSE_SECONDS, ""
            if report.sent:
                _log.info("Of the spool, %d things were sent, and %d wait.", report.sent, report.waiting)
            self.spool.added.wait(_LONGEST_PAUSE_SECONDS if report.waiting else _IDLE_SECONDS)
