"""One save, and how it is done."""

from __future__ import annotations

import logging
import time

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox.connection import Connection
from modelbox.errors import ConnectionFailed, ModelBoxError, SpoolFull
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.saving.commit import commit_checkpoint
from modelbox.saving.fallback import Earlier, Fallback, send_or_keep
from modelbox.saving.fence import RunFencing
from modelbox.saving.handle import SaveHandle, SaveState
from modelbox.saving.snapshot import Snapshot
from modelbox.transfer import Progress
from modelbox.transfer.stop import Stop

STALLED_SECONDS = 20.0
"""With a spool: how long nothing may move before the server counts as away."""
_IMPATIENT_TIMEOUT_SECONDS = 15.0
_IMPATIENT_ATTEMPTS = 3
_IMPATIENT_PATIENCE_SECONDS = 2.0

_log = logging.getLogger("modelbox")


class Replaced(Exception):
    """A newer checkpoint took the place of this one."""


class Save:
    """A snapshot on its way."""

    def __init__(self, snapshot: Snapshot, request: CreateCheckpointRequest, mark: int) -> None:
        self.snapshot = snapshot
        self.mark = mark
        """What goes before it; see `Earlier`."""
        self.request = request
        """Without files and fence."""
        self.handle = SaveHandle(request.step)
        self.stop = Stop()
        self.is_started = False
        self.has_replaced = False
        """It took the place of another one."""
        self._moved_at = 0.0

    def start(self) -> None:
        """Its bytes are read from now on."""
        self.is_started = True
        self._moved_at = time.monotonic()

    def moved(self, _now: Progress | None = None) -> None:
        """Some bytes have gone."""
        self._moved_at = time.monotonic()

    def is_stalled(self) -> bool:
        """Nothing has moved for long."""
        return self.is_started and time.monotonic() - self._moved_at > STALLED_SECONDS

    def end(
        self, state: SaveState, *, checkpoint: Checkpoint | None = None, error: BaseException | None = None
    ) -> None:
        """Nothing reads its bytes any more."""
        try:
            self.snapshot.release()
        except Exception as problem:
            _log.error("The snapshot of step %d could not be released: %s", self.handle.step, problem)
        self.handle.finish(state, checkpoint=checkpoint, error=error)


class Saver:
    """Sends checkpoints of an experiment, or puts them into the spool."""

    def __init__(
        self, experiment: Experiment, spool: Fallback | None, fence: RunFencing, earlier: Earlier | None
    ) -> None:
        self._experiment = experiment
        self._earlier = earlier
        self._fence = fence
        self.spool = spool
        self._connection = experiment.connection if spool is None else impatient(experiment.connection)

    def save(self, save: Save) -> Checkpoint | None:
        """The checkpoint once the server has it durably; `None` once the spool has."""
        if self._earlier is not None:
            self._earlier.wait_for(save.mark)
            save.moved()
        files, namespace_id = save.snapshot.files, self._experiment.namespace_id

        def send() -> Checkpoint:
            return commit_checkpoint(
                self._connection,
                namespace_id,
                save.request,
                files or None,
                fence=self._fence,
                stop=save.stop,
                progress=save.moved,
            )

        def keep() -> None:
            if self.spool is not None:
                self.spool.add_checkpoint(namespace_id, save.request, files, fence=self._fence)

        what = f"The checkpoint of step {save.handle.step} goes"
        return send_or_keep(self.spool, self._experiment.id, send, keep, what)


def is_only_a_warning(error: BaseException) -> bool:
    """Whether training goes on without a word but that in the log: the server is away, and the spool is full."""
    return isinstance(error, SpoolFull)


def impatient(connection: Connection) -> Connection:
    """For whoever has a spool: what is not sent soon goes there."""
    return connection.impatient(
        timeout_seconds=_IMPATIENT_TIMEOUT_SECONDS,
        max_attempts=_IMPATIENT_ATTEMPTS,
        transfer_patience_seconds=_IMPATIENT_PATIENCE_SECONDS,
    )


def stalled() -> ModelBoxError:
    """The error for a server that takes no bytes any more."""
    return ConnectionFailed(
        f"The server has taken nothing for {STALLED_SECONDS:g} s.", address="", maybe_seen=True
    )
