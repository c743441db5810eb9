"""One trainer of an experiment, and all that it saves and logs."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import replace
from typing import Literal

from modelbox._gen.lease_service_pb2 import Lease
from modelbox.closing import Closing
from modelbox.errors import ModelBoxError, Unavailable
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.objects.lease import DEFAULT_TTL_SECONDS
from modelbox.resume.run_lease import RunLease, check_ttl
from modelbox.saving import CheckpointQueue, MetricsWriter, RunFencing, StateSaver, is_away
from modelbox.spool import BackgroundSender, Sender, Spool

_log = logging.getLogger("modelbox")


class TrainingRun(Closing):
    """One trainer of an experiment: its run lease, and all that it saves and logs under it.

    Only one at a time has the run of an experiment. One that died on this machine, and one that is closed, make room at
    once; another machine's lasts `ttl_seconds` after its death. While the server is away, training goes on: what is
    saved and logged goes to the spool on this machine's disk, and is sent in order when the server is back, by this
    process or by a later one. Safe in any number of threads.
    """

    fence: RunFencing
    """That proof, for writers of one's own."""
    metrics: MetricsWriter
    """`log_metrics(metrics, step)` and `log_event(name, data)` in the background, in batches; durable before what is
    saved after them."""
    states: StateSaver
    """`save(state, step)` in the background."""
    queue: CheckpointQueue
    """For snapshots of one's own; that of `states`."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        take_over: bool = False,
        wait_seconds: float = 0.0,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        when_busy: Literal["wait", "replace"] = "wait",
        max_pending: int = 1,
        spool: bool | str | os.PathLike[str] = True,
        spool_limit_bytes: int | None = None,
    ) -> None:
        """Raises `RunHeld` when another trainer has the run, lives, and does not end within `wait_seconds`.

        With `take_over` the other one is ended: what it writes from then on is refused, and raises `RunTakenOver`
        there. `ttl_seconds`, 10 to 86,400, is how long the lease lasts when this machine dies.

        `when_busy` and `max_pending` say what happens to a save while earlier ones are being sent, as in
        `CheckpointQueue`. `spool` is the folder for what can't be sent, by default that of `MODELBOX_SPOOL_DIR`, or
        `~/.cache/modelbox/spool`; with `False` there is none, and saves fail while the server is away.
        `spool_limit_bytes` is how large it may become, by default `MODELBOX_SPOOL_SIZE_MIB`, or 50 GiB.
        """
        check_ttl(ttl_seconds)
        connection = experiment.connection
        folder = None if isinstance(spool, bool) else spool
        self._spool = None if spool is False else Spool(connection, folder, spool_limit_bytes)
        self._is_closed = False
        self._process_id = os.getpid()
        self._experiment = experiment
        self._lease = RunLease(
            experiment,
            take_over=take_over,
            wait_seconds=wait_seconds,
            ttl_seconds=ttl_seconds,
            on_taken=self._adopt,
        )
        try:
            self.fence = self._lease
            self.metrics = MetricsWriter(experiment, spool=self._spool, fence=self.fence)
            self.states = StateSaver(
                experiment,
                when_busy=when_busy,
                max_pending=max_pending,
                spool=self._spool,
                fence=self.fence,
                earlier=self.metrics,
            )
            self.queue = self.states.queue
            self._background = None if self._spool is None else BackgroundSender(self._spool)
            if self._spool is not None and self._background is not None:
                self._spool.attach(experiment.id, self.fence)
                self._background.start()
        except BaseException:
            self._lease.close()
            raise

    @property
    def experiment(self) -> Experiment:
        """As it was at the start. Writes through it carry the proof that they are of this run, as it is now."""
        return replace(self._experiment, _fence=self._lease.last)

    @property
    def lost(self) -> ModelBoxError | None:
        """Why the run is somebody else's now; `None` as long as it is this trainer's."""
        return self._lease.lost

    def check(self) -> None:
        """Raises `RunTakenOver` once the run is somebody else's."""
        self._lease.current()

    def latest_checkpoint(self) -> Checkpoint | None:
        """The last committed one, after all that waits in this machine's spool has been sent; `None`: there is none.

        Raises what keeps that from being sent: training would go on from too early.
        """
        experiment_id = self._experiment.id
        if self._spool is not None and self._spool.holds(experiment_id):
            report = Sender(self._spool).send(experiment_id, wait_seconds=None)
            self.check()
            if report.waiting:
                raise Unavailable(
                    f"What waits in {self._spool.folder_of(experiment_id)} could not be sent; see the log."
                )
        return self.experiment.latest_checkpoint()

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Waits until all is durable, on the server or in the spool.

        Raises what failed, and `DeadlineExceeded` when it takes longer.
        """
        ends_at = _end_of(timeout_seconds)
        self.metrics.flush(_left(ends_at))
        self.states.flush(_left(ends_at))

    def close(self, timeout_seconds: float | None = None) -> None:
        """Waits until the server has everything, or, when it is away, the spool; then lets others train.

        Raises what failed. After `DeadlineExceeded` it may be called again. In a child of a fork it does nothing.
        """
        if self._is_closed or self._process_id != os.getpid():
            return
        ends_at = _end_of(timeout_seconds)
        failure: ModelBoxError | None = None
        for close in (self.metrics.close, self.states.close):
            try:
                close(_left(ends_at))
            except ModelBoxError as error:
                if ends_at is not None and time.monotonic() >= ends_at:
                    raise
                failure = failure or error
        self._is_closed = True
        try:
            self._send_rest(ends_at)
        finally:
            self._end()
        if failure is not None:
            raise failure

    def _send_rest(self, ends_at: float | None) -> None:
        spool, experiment_id = self._spool, self._experiment.id
        if spool is None or self.lost is not None or not spool.holds(experiment_id):
            return
        try:
            Sender(spool).send(
                experiment_id,
                wait_seconds=_left(ends_at),
                should_end=lambda: ends_at is not None and time.monotonic() >= ends_at,
            )
        except ModelBoxError as error:
            if not is_away(error):
                raise
            _log.warning("Not everything could be sent: %s", error)
        finally:
            # Said where the error is raised too: it does not tell that nothing is lost.
            if spool.holds(experiment_id):
                _log.warning(
                    "The rest of %s waits in %s. The next trainer on this machine sends it, or "
                    "`python -m modelbox.spool`.",
                    self._experiment.path,
                    spool.folder_of(experiment_id),
                )

    def _end(self) -> None:
        spool, experiment_id = self._spool, self._experiment.id
        if spool is not None and self._background is not None:
            spool.detach(experiment_id, self.fence)
            if not spool.holds(experiment_id):
                self._background.close()
                with contextlib.suppress(OSError):
                    spool.tidy(experiment_id)
        self._lease.close()

    def _adopt(self, lease: Lease) -> None:
        if self._spool is None:
            return
        try:
            self._spool.adopt(self._experiment.id, lease, lease.holder)
        except OSError as error:
            _log.warning(
                "The spool %s can't be written (%s): what can't be sent while the server is away is lost. "
                "MODELBOX_SPOOL_DIR names another folder.",
                self._spool.base_folder,
                error.strerror or error,
            )


def _end_of(timeout_seconds: float | None) -> float | None:
    return None if timeout_seconds is None else time.monotonic() + timeout_seconds


def _left(ends_at: float | None) -> float | None:
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())
