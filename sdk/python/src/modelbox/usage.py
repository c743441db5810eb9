"""What a training takes of its machine, as metrics: processor, memory, disk, network and GPUs."""

from __future__ import annotations

import logging
import os
import threading
import time
from types import TracebackType
from typing import Protocol

from modelbox.errors import InvalidInput, ModelBoxError, Unavailable
from modelbox.objects.experiment import Experiment
from modelbox.saving.metrics import MetricsWriter
from modelbox.usage_meter import UsageMeter

MIN_INTERVAL_SECONDS = 1.0
MAX_INTERVAL_SECONDS = 86_400.0
_CLOSE_SECONDS = 10.0

_log = logging.getLogger("modelbox")


class HasExperiment(Protocol):
    """A run, of one kind or the other."""

    @property
    def experiment(self) -> Experiment: ...


def log_usage(target: Experiment | HasExperiment | MetricsWriter, *, every_seconds: float = 10.0) -> UsageLog:
    """Logs what this process and its children take of the machine, until `close` or the end of a `with`.

    `target` is an experiment or a run; through a `TrainingRun` or a `MetricsWriter` its metrics go the same way as all
    others, to the spool too. `every_seconds` is 1 to 86,400. The metrics, of the time since the last ones:

    - `system/cpu_percent`: 100 is one processor, busy all the time.
    - `system/memory_bytes`: resident, with what processes share counted for each; `system/memory_available_bytes`:
      what the machine could still give.
    - `system/disk_read_bytes_per_second`, `system/disk_written_bytes_per_second`: of these processes.
    - `system/network_received_bytes_per_second`, `system/network_sent_bytes_per_second`: of the machine.
    - `system/gpu/0/memory_bytes`, `system/gpu/0/utilization_percent` and so on: of the whole GPU where the package
      `nvidia-ml-py` is installed, else the memory that PyTorch holds.

    What the system does not tell is left out: besides Linux that is all but the processor's. The step is the number of
    seconds since the experiment was made, so that a run that was started again goes on where it was.

    A thread does it, which ends with the program, and is not there in a child of a fork. It never fails a training:
    what is wrong is in the log.
    """
    return UsageLog(target, every_seconds)


class UsageLog:
    """See `log_usage`."""

    def __init__(self, target: Experiment | HasExperiment | MetricsWriter, every_seconds: float) -> None:
        if not MIN_INTERVAL_SECONDS <= every_seconds <= MAX_INTERVAL_SECONDS:
            raise InvalidInput(
                f"every_seconds is from {MIN_INTERVAL_SECONDS:.0f} to {MAX_INTERVAL_SECONDS:.0f}, not {every_seconds}."
            )
        self._every_seconds = every_seconds
        self._writer, self._is_own_writer = _writer_of(target)
        self._begin = self._writer.experiment.created_at.timestamp()
        self._meter = UsageMeter()
        self._process_id = os.getpid()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelbox-usage", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Logs once more, and ends."""
        # In a child of a fork there is nothing to end, and what is locked may stay so.
        if self._process_id != os.getpid() or self._end.is_set():
            return
        self._end.set()
        self._thread.join(_CLOSE_SECONDS)
        if self._is_own_writer:
            try:
                self._writer.close(_CLOSE_SECONDS)
            except ModelBoxError as error:
                _log.warning("The last metrics of resource usage may be lost: %s", error)

    def __enter__(self) -> UsageLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        measured_at = time.monotonic()
        while True:
            is_last = self._end.wait(self._every_seconds)
            now = time.monotonic()
            # The last ones may be of too short a time.
            if not is_last or now - measured_at >= MIN_INTERVAL_SECONDS:
                measured_at = now
                if not self._log():
                    return
            if is_last:
                return

    def _log(self) -> bool:
        """False when there is no use in going on."""
        try:
            self._writer.log_metrics(self._meter.measure(), step=int(time.time() - self._begin))
        except Unavailable:
            # The writer has said so in the log. It may be back the next time.
            return True
        except Exception as error:
            if not self._end.is_set():
                _log.warning("Resource usage is not logged any more: %s", error)
            return False
        return True


def _writer_of(target: Experiment | HasExperiment | MetricsWriter) -> tuple[MetricsWriter, bool]:
    """Through what metrics go, and whether it is this module's to close."""
    if isinstance(target, MetricsWriter):
        return target, False
    shared = getattr(target, "metrics", None)
    if isinstance(shared, MetricsWriter):
        return shared, False
    experiment = target if isinstance(target, Experiment) else target.experiment
    return MetricsWriter(experiment), True
