"""A program that trains, in a process of its own, which tests follow by what it says, and kill."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

_SILENT_SECONDS = 240.0
"""Then it hangs."""


class TrainingProcess:
    """A program in Python, with one thread, which other work on the machine disturbs least.

    For each step it says `step 7`, or `step 7: …`.
    """

    def __init__(
        self,
        addr: str,
        program: Path,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.first_step = -1
        self.last_step = -1
        """The last one of which it was read that it is done."""
        self.lines: list[str] = []
        self.errors = ""
        """All of it, after `end`."""
        self._unread: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, program, *arguments],
            env={
                **os.environ,
                "MODELBOX_SERVER_ADDR": addr,
                "OMP_NUM_THREADS": "1",
                **(env or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            start_new_session=True,
        )
        out, errors = self.process.stdout, self.process.stderr
        assert out is not None and errors is not None  # noqa: PT018
        self._threads = [
            threading.Thread(target=self._read_lines, args=[out]),
            threading.Thread(target=self._read_errors, args=[errors]),
        ]
        for thread in self._threads:
            thread.start()

    def heard(self, line: str) -> None:
        """What a line says; for those who know more of them."""
        if line.startswith("step "):
            self.last_step = int(line.split()[1].rstrip(":"))
            if self.first_step < 0:
                self.first_step = self.last_step

    def follow(self, is_enough: Callable[[], bool] = lambda: False, seconds: float = float("inf")) -> bool:
        """Reads what it says until that is enough, for some time, or to its end: False when it has ended."""
        ends_at = time.monotonic() + seconds
        while not is_enough() and (left := ends_at - time.monotonic()) > 0:
            try:
                line = self._unread.get(timeout=min(left, _SILENT_SECONDS))
            except queue.Empty:
                assert left < _SILENT_SECONDS, "the trainer hangs"
                return True
            if line is None:
                self._unread.put(None)
                return False
            self.lines.append(line)
            self.heard(line)
        return True

    def end(self) -> int:
        """Waits for its end. Returns how it ended."""
        self.follow()
        for thread in self._threads:
            thread.join()
        return self.process.wait()

    def kill(self) -> None:
        """As the system does it when memory runs out, with all that it has started; nothing when it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.end()

    def _read_lines(self, out: IO[str]) -> None:
        with out:
            for line in out:
                # Not what it was saying as it died.
                if line.endswith("\n"):
                    self._unread.put(line.rstrip())
        self._unread.put(None)

    def _read_errors(self, errors: IO[str]) -> None:
        with errors:
            self.errors = errors.read()
