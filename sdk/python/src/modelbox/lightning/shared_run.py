"""The run that a logger and a checkpoint plugin share."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from modelbox.connection import Connection
from modelbox.errors import InvalidInput, ModelBoxError
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.resume import TrainingRun
from modelbox.saving import MetricsWriter

_log = logging.getLogger("modelbox")


class SharedRun:
    """An experiment, and while a trainer fits, its run: on the process of rank zero alone."""

    def __init__(
        self,
        path: str,
        connect: Callable[[], Connection],
        find: Callable[[], Experiment],
        options: Mapping[str, Any],
    ) -> None:
        """`find` makes the experiment where it is not there; `options` are those of `TrainingRun`."""
        self.path = path
        """`namespace/experiment`, as the user has it."""
        self.options = dict(options)
        self.latest: Checkpoint | None = None
        """The last committed checkpoint when the run began."""
        self._connect = connect
        self._find = find
        self._experiment: Experiment | None = None
        self._run: TrainingRun | None = None
        self._writer: MetricsWriter | None = None
        self._users: set[object] = set()
        self._lock = threading.RLock()

    @classmethod
    def of(cls, experiment: Experiment, options: Mapping[str, Any]) -> SharedRun:
        """Of an experiment that is there."""
        shared = cls(experiment.path, lambda: experiment.connection, lambda: experiment, options)
        shared._experiment = experiment
        return shared

    @property
    def connection(self) -> Connection:
        """To the server. Nothing is sent for it."""
        return self._connect()

    @property
    def is_open(self) -> bool:
        """Whether a trainer fits."""
        return self._run is not None

    @property
    def experiment(self) -> Experiment:
        """With the proof that it is of the run, while a trainer fits. Made where it is not there."""
        with self._lock:
            if self._run is not None:
                return self._run.experiment
            if self._experiment is None:
                self._experiment = self._find()
                self.path = self._experiment.path
            return self._experiment

    def open(self) -> TrainingRun:
        """The run, taken where it is not yet. Raises `RunHeld` when another trainer has it."""
        with self._lock:
            if self._run is None:
                try:
                    run = TrainingRun(self.experiment, **self.options)
                except TypeError as error:
                    raise InvalidInput(f"What is given for the run is not right: {error}") from None
                try:
                    self.latest = run.latest_checkpoint()
                except BaseException:
                    run.close()
                    raise
                self._run = run
            return self._run

    def metrics(self) -> MetricsWriter:
        """Where metrics and events go. Outside of a fit, for example in a test, without the run."""
        with self._lock:
            if self._run is not None:
                return self._run.metrics
            if self._writer is None:
                self._writer = MetricsWriter(self.experiment)
            return self._writer

    def enter(self, user: object) -> None:
        """The run is open until all who have entered have left."""
        with self._lock:
            self._users.add(user)

    def leave(self, user: object, *, finish: Callable[[TrainingRun], None] | None = None) -> None:
        """Waits until all is durable, and then calls `finish`; the last one to leave ends the run.

        Raises what failed, unless it is called for an exception, which is what the user must hear of.
        """
        is_ending_by_error = sys.exc_info()[0] is not None
        with self._lock:
            self._users.discard(user)
            run, is_last = self._run, not self._users
            if is_last:
                self._run = None
        try:
            try:
                if run is not None:
                    run.flush()
                    if finish is not None:
                        finish(run)
                elif self._writer is not None:
                    self._writer.flush()
            finally:
                if run is not None and is_last:
                    run.close()
        except ModelBoxError as error:
            if not is_ending_by_error:
                raise
            _log.error("At the end of the training: %s", error)
