"""Checkpoints that wait to be sent, and the thread that sends them."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox.errors import InvalidInput
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.objects.values import Json, to_labels, to_metrics
from modelbox.saving.background import Background
from modelbox.saving.fallback import Earlier, Fallback
from modelbox.saving.fence import FixedFence, RunFencing
from modelbox.saving.handle import SaveHandle
from modelbox.saving.save import Replaced, Save, Saver, is_only_a_warning, stalled
from modelbox.saving.snapshot import Snapshot

MAX_PENDING = 64
"""Largest `max_pending`."""

_log = logging.getLogger("modelbox")


class CheckpointQueue(Background):
    """Saves checkpoints of one experiment in the background, in the order of `submit`.

    The bytes of a snapshot go from where they are to the server, and the checkpoint is committed: until then the
    experiment's latest checkpoint is the one before. With a spool, what can't be sent because the server is away goes
    to disk, and is sent later.

    A failure is logged at once, and raised by the next `submit`, `flush` or `close`, or by `result` of its handle. The
    end of the program waits until everything is saved. Safe in any number of threads; a child of a fork begins with an
    empty queue.
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
        """`max_pending` is how many snapshots are held at most, the one that is being sent included.

        When there are so many, the next `submit` waits until one is done; with `when_busy="replace"` it takes the place
        of the newest one instead, and only waits where that one has taken another's place while it is being sent
        already: so a slow network still gets a checkpoint through.

        `fence` proves that this is the trainer of the run; by default it is that of `experiment`. What `earlier` has
        taken before a snapshot is durable before its checkpoint is: who goes on from there does not log it again.
        """
        if not 1 <= max_pending <= MAX_PENDING:
            raise InvalidInput(f"max_pending is a whole number from 1 to {MAX_PENDING}, not {max_pending}.")
        if when_busy not in ("wait", "replace"):
            raise InvalidInput(f'when_busy is "wait" or "replace", not {when_busy!r}.')
        self.experiment = experiment
        self._replaces = when_busy == "replace"
        self._max_pending = max_pending
        self._earlier = earlier
        self._saver = Saver(experiment, spool, fence or FixedFence(experiment.run_fence), earlier)
        super().__init__()

    def submit(
        self,
        snapshot: Snapshot,
        *,
        step: int,
        name: str | None = None,
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        labels: Mapping[str, Json] | None = None,
        timeout_seconds: float | None = None,
    ) -> SaveHandle:
        """Takes a snapshot to save, which it releases when it is done with it, also when this raises.

        `name` is unique in the experiment, `step-<step>` when it is not given. `metrics` are stored at the
        checkpoint's step.

        Raises the failure of an earlier save, after which the next `submit` works again; and `DeadlineExceeded` when
        there was no room within `timeout_seconds`.
        """
        try:
            request = CreateCheckpointRequest(
                experiment=self.experiment.id,
                name=name or "",
                step=step,
                epoch=epoch,
                request_id=str(uuid.uuid4()),
                labels=to_labels(labels),
                metrics=to_metrics(metrics),
            )
            save = Save(snapshot, request, self._earlier.mark() if self._earlier is not None else 0)
            self._take(save, timeout_seconds)
        except BaseException:
            snapshot.release()
            raise
        return save.handle

    def make_room(self, timeout_seconds: float | None = None) -> None:
        """Waits, or replaces, until one more snapshot may be held; then the next `submit` of this thread does not wait.

        For whoever copies a state into buffers that earlier snapshots use.
        """
        ends_at = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        with self._changed:
            while True:
                self._raise_failure()
                if self._is_closed:
                    raise InvalidInput("This queue of checkpoints is closed; make a new one.")
                if len(self._saves) < self._max_pending:
                    return
                if self._replaces:
                    self._replace_newest()
                    if len(self._saves) < self._max_pending:
                        return
                self._end_stalled()
                self._wait(ends_at, f"{len(self._saves)} earlier checkpoints are still being saved")

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Waits until all are saved: committed, or in the spool. Raises the failure of a save, if there was one."""
        ends_at = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        with self._changed:
            while self._saves:
                self._end_stalled()
                self._wait(ends_at, f"{len(self._saves)} checkpoints are still being saved")
            self._raise_failure()

    def settle(self) -> None:
        """Waits until what is held now has ended, well or not. A failure is left for the next `submit` or `flush`."""
        with self._changed:
            saves = list(self._saves)
        for save in saves:
            save.handle.exception()

    def close(self, timeout_seconds: float | None = None) -> None:
        """Flushes, and takes no more.

        Raises `SpoolFull` when the newest checkpoint could be neither sent nor kept: that was but a warning as long as
        a later one could make up for it.
        """
        with self._changed:
            self._is_closed = True
        self.flush(timeout_seconds)
        lost, self._lost = self._lost, None
        if lost is not None:
            raise lost

    @property
    def pending(self) -> int:
        """How many snapshots are held now."""
        return len(self._saves)

    def _take(self, save: Save, timeout_seconds: float | None) -> None:
        with self._changed:
            self.make_room(timeout_seconds)
            save.has_replaced = self._has_replaced
            self._has_replaced = False
            # Not a daemon: the end of the program waits for it, which is what makes the last checkpoint safe. It ends
            # when there is nothing to do.
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="modelbox-save")
                thread.start()
                self._thread = thread
            self._saves.append(save)

    def _reset(self) -> None:
        super()._reset()
        self._saves: deque[Save] = deque()
        """The one that is being sent first."""
        self._lost: BaseException | None = None
        """Why the newest one that has ended is nowhere, where that was but a warning."""
        self._has_replaced = False
        """The next one takes the place of another."""

    def _replace_newest(self) -> None:
        newest = self._saves[-1]
        if newest.is_started:
            if not newest.has_replaced:
                # The thread takes it out of the queue once nothing reads its bytes any more.
                newest.stop.fail(Replaced(f"A newer checkpoint than that of step {newest.handle.step} came."))
                self._has_replaced = True
            return
        self._saves.pop()
        newest.end("replaced")
        self._has_replaced = newest.has_replaced

    def _end_stalled(self) -> None:
        """With a spool nobody waits for a server that has stopped to answer without closing its connections."""
        if self._saver.spool is not None and self._saves and self._saves[0].is_stalled():
            self._saves[0].stop.fail(stalled())

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._saves:
                    self._thread = None
                    return
                save = self._saves[0]
                save.start()
            failure: BaseException | None = None
            checkpoint: Checkpoint | None = None
            try:
                checkpoint = self._saver.save(save)
                state = "spooled" if checkpoint is None else "committed"
            except Replaced:
                state = "replaced"
            except BaseException as error:
                # Also what is no ModelBoxError, such as a source that fails: it must not end this thread unheard.
                state, failure = "failed", error
                _log.error("The checkpoint of step %d was not saved: %s", save.handle.step, error)
            with self._changed:
                self._saves.popleft()
                self._lost = None
                if failure is not None and is_only_a_warning(failure):
                    self._lost = failure
                elif failure is not None:
                    self._failure = self._failure or failure
                save.end(state, checkpoint=checkpoint, error=failure)
                self._changed.notify_all()
