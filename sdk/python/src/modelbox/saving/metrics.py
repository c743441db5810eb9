"""Metrics and events that are sent in batches while training goes on."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, cast

from modelbox._gen import common_pb2
from modelbox._gen.event_service_pb2 import EventSpec, LogEventsRequest
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.errors import InvalidInput
from modelbox.objects.experiment import Experiment
from modelbox.objects.values import Json, Wallclock, to_metric_value, to_struct, to_timestamp
from modelbox.saving.background import Background
from modelbox.saving.fallback import Waiting, send_or_keep
from modelbox.saving.fence import FixedFence, RunFencing
from modelbox.saving.save import impatient, is_only_a_warning
from modelbox.saving.writes import log_events, log_metrics

MAX_BATCH_POINTS = 1_000
MAX_WAITING_POINTS = 100_000
"""What is in memory at most; whoever logs more waits."""
DEFAULT_INTERVAL_SECONDS = 1.0

_log = logging.getLogger("modelbox")

_Batch: TypeAlias = "LogMetricsRequest | LogEventsRequest"


class MetricsSpool(Waiting, Protocol):
    """Where batches go while the server is away (see `modelbox.spool.Spool`)."""

    def add_metrics(self, experiment_id: str, request: LogMetricsRequest, *, fence: RunFencing) -> None: ...

    def add_events(self, experiment_id: str, request: LogEventsRequest, *, fence: RunFencing) -> None: ...


class MetricsWriter(Background):
    """Sends metrics and events of one experiment in the background, in batches, in the order in which they came.

    A batch goes when it has 1,000 points, or `interval_seconds` after its first one. With a spool, what can't be sent
    because the server is away goes to disk, and is sent later.

    A failure is logged at once, and raised by the next call. The end of the program waits until everything is sent.
    Safe in any number of threads; a child of a fork begins with nothing to send.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        interval_seconds: float = DEFAULT_INTERVAL_SECONDS,
        spool: MetricsSpool | None = None,
        fence: RunFencing | None = None,
    ) -> None:
        """`fence` proves that this is the trainer of the run; by default it is that of `experiment`."""
        self.experiment = experiment
        self._interval_seconds = interval_seconds
        self._spool = spool
        self._fence = fence or FixedFence(experiment.run_fence)
        self._connection = experiment.connection if spool is None else impatient(experiment.connection)
        super().__init__()

    def log_metrics(self, metrics: Mapping[str, Any], step: int, wallclock: Wallclock | None = None) -> None:
        """Takes metrics of one step, to be sent soon. As `Experiment.log_metrics`, with the time of now as wallclock.

        Waits only when 100,000 points are in memory. Raises `InvalidInput` for what is no metric, and the failure of an
        earlier batch.
        """
        stamp = to_timestamp(time.time() if wallclock is None else wallclock)
        points = [
            common_pb2.MetricPoint(key=key, step=step, wall_time=stamp, value=to_metric_value(value, key))
            for key, value in metrics.items()
        ]
        with self._changed:
            self._before_adding(len(points))
            for point in points:
                batch = self._batches[-1] if self._batches else None
                if not isinstance(batch, LogMetricsRequest) or len(batch.points) >= MAX_BATCH_POINTS:
                    batch = LogMetricsRequest(object=self.experiment.reference, request_id=str(uuid.uuid4()))
                    self._batches.append(batch)
                batch.points.append(point)
            self._points += len(points)
            self._taken += len(points)
            self._start()

    def log_event(
        self,
        name: str,
        data: Mapping[str, Json] | None = None,
        *,
        source: str = "",
        wallclock: Wallclock | None = None,
    ) -> None:
        """Takes an event, to be sent soon. As `Experiment.log_event`, with the time of now as wallclock."""
        spec = EventSpec(
            name=name,
            source=source,
            time=to_timestamp(time.time() if wallclock is None else wallclock),
            data=None if data is None else to_struct(cast("Mapping[object, object]", data), "data"),
        )
        with self._changed:
            self._before_adding(1)
            request = LogEventsRequest(
                object=self.experiment.reference, events=[spec], request_id=str(uuid.uuid4())
            )
            self._batches.append(request)
            self._points += 1
            self._taken += 1
            self._start()

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Waits until all that it has taken so far is sent, or in the spool. Raises the failure of a batch."""
        ends_at = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        self.wait_for(self.mark(), ends_at)
        with self._changed:
            self._raise_failure()

    def mark(self) -> int:
        """What it has taken so far, for `wait_for`. It is sent without delay."""
        with self._changed:
            self._urgent_until = self._taken
            self._changed.notify_all()
            return self._taken

    def wait_for(self, mark: int, ends_at: float | None = None) -> None:
        """Waits until all up to a mark is sent, or in the spool, or has failed."""
        with self._changed:
            while self._taken - self._points < mark:
                self._wait(ends_at, self._what())

    def close(self, timeout_seconds: float | None = None) -> None:
        """Flushes, and takes no more."""
        with self._changed:
            self._is_closed = True
        self.flush(timeout_seconds)

    def _reset(self) -> None:
        super()._reset()
        self._batches: deque[_Batch] = deque()
        self._points = 0
        """Points and events in memory, those that are being sent included."""
        self._taken = 0
        """All points and events ever."""
        self._urgent_until = 0
        """Up to which of them somebody waits."""
        self._first_at = 0.0

    def _before_adding(self, count: int) -> None:
        self._raise_failure()
        if self._is_closed:
            raise InvalidInput("This writer of metrics is closed; make a new one.")
        while self._points and self._points + count > MAX_WAITING_POINTS:
            self._wait(None, self._what())

    def _what(self) -> str:
        return f"{self._points} points are still being sent"

    def _start(self) -> None:
        if self._thread is None:
            self._first_at = time.monotonic()
            # Not a daemon: the end of the program waits for it. It ends when there is nothing to do.
            thread = threading.Thread(target=self._run, name="modelbox-metrics")
            thread.start()
            self._thread = thread
        elif len(self._batches) > 1:
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._batches and not self._is_due():
                    self._look()
                if not self._batches:
                    self._thread = None
                    return
                batch = self._batches.popleft()
                self._first_at = time.monotonic()
            failure: BaseException | None = None
            try:
                self._send(batch)
            except BaseException as error:
                # Also what is no ModelBoxError: it must not end this thread unheard.
                failure = error
                _log.error("%d metrics or events were not sent: %s", _count(batch), error)
            with self._changed:
                self._points -= _count(batch)
                if failure is not None and not is_only_a_warning(failure):
                    self._failure = self._failure or failure
                self._changed.notify_all()

    def _is_due(self) -> bool:
        return (
            self._taken - self._points < self._urgent_until
            or len(self._batches) > 1
            or time.monotonic() - self._first_at >= self._interval_seconds
            or not threading.main_thread().is_alive()
        )

    def _send(self, batch: _Batch) -> None:
        spool, experiment_id = self._spool, self.experiment.id

        def send() -> None:
            if isinstance(batch, LogMetricsRequest):
                log_metrics(self._connection, batch, self._fence)
            else:
                log_events(self._connection, batch, self._fence)

        def keep() -> None:
            if spool is None:
                return
            if isinstance(batch, LogMetricsRequest):
                spool.add_metrics(experiment_id, batch, fence=self._fence)
            else:
                spool.add_events(experiment_id, batch, fence=self._fence)

        send_or_keep(spool, experiment_id, send, keep, f"{_count(batch)} metrics or events go")


def _count(batch: _Batch) -> int:
    return len(batch.points) if isinstance(batch, LogMetricsRequest) else len(batch.events)
