"""Threads that do the work of a transfer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import TypeAlias

from modelbox.transfer.stop import Stop

_Task: TypeAlias = "Callable[[], None]"


class Workers:
    """Runs tasks, one of which waits for its turn. The first that fails ends all.

    Not an executor of the standard library: those take no more tasks once the program has come to its end, which is
    when the last checkpoint is sent.
    """

    def __init__(self, count: int, stop: Stop, *, on_failure: Callable[[], None], name: str) -> None:
        self._stop = stop
        self._on_failure = on_failure
        self._count = count
        self._name = f"modelbox-{name}"
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._room = threading.Semaphore(count + 1)

    def start(self, task: _Task) -> None:
        """Runs a task soon. Waits while enough others do."""
        while not self._room.acquire(timeout=Stop.LOOK_SECONDS):
            self._stop.check()
        self._stop.check()
        self._tasks.put(task)
        if len(self._threads) < self._count:
            thread = threading.Thread(target=self._work, name=self._name)
            thread.start()
            self._threads.append(thread)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for all tasks, then raises the first failure."""
        if error is not None:
            self._end(error)
        for _ in self._threads:
            self._tasks.put(None)
        try:
            self._join()
        except BaseException as interruption:
            # Somebody wants to leave, and does not want to wait for the network.
            self._end(interruption)
            self._join()
            raise
        if error is None:
            self._stop.check()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                if not self._stop.is_ended:
                    task()
            except BaseException as error:
                self._end(error)
            finally:
                # A task holds memory, which is not to wait for the next one.
                task = None
                self._room.release()

    def _end(self, error: BaseException) -> None:
        self._stop.fail(error)
        self._on_failure()
