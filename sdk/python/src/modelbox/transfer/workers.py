"""Threads that do the work of a transfer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from modelbox.transfer.stop import Stop


class Workers:
    """Runs tasks, one of which waits for its turn. The first that fails ends all."""

    def __init__(self, count: int, stop: Stop, *, on_failure: Callable[[], None], name: str) -> None:
        self._stop = stop
        self._on_failure = on_failure
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=f"modelbox-{name}")
        self._room = threading.Semaphore(count + 1)

    def start(self, task: Callable[[], None]) -> None:
        """Runs a task soon. Waits while enough others do."""
        while not self._room.acquire(timeout=Stop.LOOK_SECONDS):
            self._stop.check()
        self._stop.check()
        self._pool.submit(self._run, task)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for all tasks, then raises the first failure."""
        if error is not None:
            self._end(error)
        try:
            self._pool.shutdown(wait=True)
        except BaseException as interruption:
            # Somebody wants to leave, and does not want to wait for the network.
            self._end(interruption)
            self._pool.shutdown(wait=True, cancel_futures=True)
            raise
        if error is None:
            self._stop.check()

    def _run(self, task: Callable[[], None]) -> None:
        try:
            if not self._stop.is_ended:
                task()
        except BaseException as error:
            self._end(error)
        finally:
            self._room.release()

    def _end(self, error: BaseException) -> None:
        self._stop.fail(error)
        self._on_failure()
