"""Saves states in the background."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from typing import Any, Literal

from modelbox.closing import Closing
from modelbox.errors import ModelBoxError
from modelbox.objects.experiment import Experiment
from modelbox.objects.values import Json
from modelbox.saving.fallback import Earlier, Fallback
from modelbox.saving.fence import RunFencing
from modelbox.saving.handle import SaveHandle
from modelbox.saving.queue import CheckpointQueue
from modelbox.saving.snapshot import JoinedSnapshot, Snapshot
from modelbox.state.kinds import kinds_to_save
from modelbox.state.memory import MemoryPool
from modelbox.state.snapshot import take_snapshot

MAX_SAVERS = 1_000
"""Of one connection. Beyond it, those that have nothing to do are closed."""


class StateSaver(Closing):
    """Saves the states of one experiment: copies them, and sends the copies while training goes on.

    The memory for the copies is kept for the next ones. Safe in any number of threads, one of which saves at a time.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        when_busy: Literal["wait", "replace"] = "wait",
        max_pending: int = 1,
        spool: Fallback | None = None,
        fence: RunFencing | None = None,
        earlier: Earlier | None = None,
    ) -> None:
        """`max_pending` is how many copies are in memory at most, the one that is being sent included.

        The other arguments are those of `CheckpointQueue`.
        """
        self.queue = CheckpointQueue(
            experiment,
            when_busy=when_busy,
            max_pending=max_pending,
            spool=spool,
            fence=fence,
            earlier=earlier,
        )
        self._pool = MemoryPool(max_pending)
        self._lock = threading.Lock()

    def save(
        self,
        state: Any,
        step: int,
        *,
        name: str = "",
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Json] | None = None,
        wait: bool = False,
        allow_pickle: bool = False,
        timeout_seconds: float | None = None,
        beside: Snapshot | None = None,
    ) -> SaveHandle:
        """Copies a state and saves the copy as a checkpoint; see `Experiment.save`.

        `timeout_seconds` is how long it waits for earlier saves at most; then it raises `DeadlineExceeded`. `beside`
        has more files for the same checkpoint, and is released when they are saved, also when this raises.
        """
        kinds = kinds_to_save()
        with self._lock:
            try:
                self.queue.make_room(timeout_seconds)
                snapshot: Snapshot = take_snapshot(state, kinds, self._pool, allow_pickle=allow_pickle)
            except BaseException:
                if beside is not None:
                    beside.release()
                raise
            if beside is not None:
                snapshot = JoinedSnapshot(snapshot, beside)
            handle = self.queue.submit(
                snapshot, step=step, name=name, epoch=epoch, metrics=metrics, labels=metadata
            )
        if wait and handle.exception() is not None:
            # The caller hears of it here, and not a second time from the next save.
            with contextlib.suppress(ModelBoxError):
                self.queue.flush()
            handle.result()
        return handle

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Waits until all that was saved is durable on the server, or in the spool. Raises what failed."""
        self.queue.flush(timeout_seconds)

    def close(self, timeout_seconds: float | None = None) -> None:
        """Flushes, takes no more, and gives its memory back."""
        try:
            self.queue.close(timeout_seconds)
        finally:
            self._pool.close()


class Savers:
    """The savers of `Experiment.save`, one for each experiment, run and process."""

    def __init__(self) -> None:
        self._savers: dict[tuple[int, str, str, str], StateSaver] = {}

    def of(self, experiment: Experiment, when_busy: Literal["wait", "replace"]) -> StateSaver:
        """The saver of an experiment."""
        fence = experiment.run_fence
        # A child of a fork has no thread and no lock of its parent.
        key = (os.getpid(), experiment.id, fence.lease_id if fence else "", when_busy)
        found = self._savers.get(key)
        if found is None:
            if len(self._savers) >= MAX_SAVERS:
                self._drop_idle()
            found = self._savers.setdefault(key, StateSaver(experiment, when_busy=when_busy))
        return found

    def flush(self) -> None:
        """Waits for all of them. Raises the first failure, after all have ended."""
        failure: ModelBoxError | None = None
        for (process_id, *_), saver in list(self._savers.items()):
            if process_id == os.getpid():
                try:
                    saver.flush()
                except ModelBoxError as error:
                    failure = failure or error
        if failure is not None:
            raise failure

    def settle(self, experiment_id: str) -> None:
        """Waits until those of an experiment have ended, well or not; who saves next is told of failures."""
        for (process_id, one, *_), saver in list(self._savers.items()):
            if process_id == os.getpid() and one == experiment_id:
                saver.queue.settle()

    def _drop_idle(self) -> None:
        for key, saver in list(self._savers.items()):
            if saver.queue.pending == 0:
                del self._savers[key]
