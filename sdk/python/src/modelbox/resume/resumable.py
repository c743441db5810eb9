"""A training loop that goes on where it was."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar, overload

from modelbox.errors import InvalidInput
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.objects.values import Json
from modelbox.resume.batches import Batches
from modelbox.resume.parts import RESERVED, Part, Parts
from modelbox.resume.preemption import EXIT_STATUS, Preemption
from modelbox.resume.random_state import random_state, set_random_state
from modelbox.resume.training_run import DEFAULT_TTL_SECONDS, TrainingRun
from modelbox.saving import SaveHandle

DEFAULT_EVERY_SECONDS = 300.0

_log = logging.getLogger("modelbox")

T = TypeVar("T")


def resumable(
    experiment: Experiment,
    *,
    every_steps: int | None = None,
    every_seconds: float | None = None,
    take_over: bool = False,
    wait_seconds: float = 0.0,
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
    when_busy: Literal["wait", "replace"] = "wait",
    max_pending: int = 1,
    spool: bool | str | os.PathLike[str] = True,
    spool_limit_bytes: int | None = None,
    map_location: Any = None,
    allow_pickle: bool = False,
    **parts: Part,
) -> ResumableTraining:
    """A training that the same command goes on with, after whatever has killed it.

    ```python
    with modelbox.resumable(experiment, model=model, optimizer=optimizer, every_steps=100) as training:
        for step in training.steps(10_000):
            ...
            training.log({"loss": loss})
    ```

    The `with` takes the run (see `TrainingRun`, whose arguments these are), and brings the latest committed checkpoint
    into `parts`, with the step, and the random numbers of Python, NumPy and PyTorch. Every `every_steps` steps or
    `every_seconds` seconds, by default 300 s, and at the end, the parts are copied, and saved while training goes on.
    SIGTERM saves at the end of the step, and ends the program with the status 143.

    A part is anything with `state_dict` and `load_state_dict` (modules, optimizers, schedulers, stateful data loaders),
    a dictionary of plain values and arrays, a random generator of Python, NumPy or PyTorch, or a pair of functions, the
    first of which returns a state, and the second takes it. `map_location` and `allow_pickle` are those of
    `Checkpoint.restore` and `Experiment.save`.
    """
    if every_steps is not None and every_steps < 1:
        raise InvalidInput(f"every_steps is a whole number from 1 on, not {every_steps}.")
    if every_steps is None and every_seconds is None:
        every_seconds = DEFAULT_EVERY_SECONDS

    def start() -> TrainingRun:
        return TrainingRun(
            experiment,
            take_over=take_over,
            wait_seconds=wait_seconds,
            ttl_seconds=ttl_seconds,
            when_busy=when_busy,
            max_pending=max_pending,
            spool=spool,
            spool_limit_bytes=spool_limit_bytes,
        )

    return ResumableTraining(
        start,
        Parts(parts),
        every_steps=every_steps,
        every_seconds=every_seconds,
        map_location=map_location,
        allow_pickle=allow_pickle,
    )


class ResumableTraining:
    """See `modelbox.resumable`. Used as a `with`, once, by one thread."""

    run: TrainingRun
    """The run, for what this has no method for."""

    def __init__(
        self,
        start: Callable[[], TrainingRun],
        parts: Parts,
        *,
        every_steps: int | None,
        every_seconds: float | None,
        map_location: Any,
        allow_pickle: bool,
    ) -> None:
        self.step = 0
        """How many steps are done; within a step its number, the first one's is 0."""
        self.restored: Checkpoint | None = None
        """What it went on from; `None` when it began anew."""
        self.last_save: SaveHandle | None = None
        """The newest save of this process."""
        self._start = start
        self._parts = parts
        self._every_steps = every_steps
        self._every_seconds = every_seconds
        self._map_location = map_location
        self._allow_pickle = allow_pickle
        self._preemption = Preemption()
        self._saved_step = 0
        self._saved_at = 0.0
        self._is_in_step = False
        self._random: dict[str, Any] | None = None
        """Where the random numbers are to stand when the first step begins."""
        self._logged: tuple[int, Mapping[str, Any]] = (-1, {})

    @property
    def experiment(self) -> Experiment:
        """What is written through it is of this run."""
        return self.run.experiment

    @overload
    def steps(self, total: int) -> Iterator[int]: ...

    @overload
    def steps(self, total: int, over: Iterable[T]) -> Iterator[tuple[int, T]]: ...

    def steps(self, total: int, over: Iterable[T] | None = None) -> Iterator[int] | Iterator[tuple[int, T]]:
        """The numbers of the steps that are left of `total`, each with its batch when they go `over` a data loader.

        Saves between the steps, and after the last one. After a restart a loader begins anew, unless it has the batches
        of `batches` or is a part with a state. Ends with the loader, when that is sooner; a `break` ends the
        training after its step, which counts as done. Raises `RunTakenOver` when another trainer has taken the run
        over, and what made an earlier save fail.
        """
        batches = None if over is None else iter(over)
        while self.step < total:
            self.run.check()
            if self._random is not None:
                # Again: iterators of data loaders draw from them when they are made.
                set_random_state(self._random)
                self._random = None
            if batches is None:
                self._is_in_step = True
                yield self.step
            else:
                try:
                    batch = next(batches)
                except StopIteration:
                    break
                self._is_in_step = True
                yield self.step, batch
            self._end_step()
            if self._preemption.is_wanted:
                self._save_if_new()
                _log.warning("SIGTERM: ends after step %d; the same command goes on from there.", self.step)
                raise SystemExit(EXIT_STATUS)
            if self._is_due():
                self.save()
        self._save_if_new()

    def batches(self, size: int, batch_size: int, *, seed: int = 0) -> Batches:
        """Endless batches of indices into `size` samples, which go on at this step: shuffled anew for each pass.

        For data loaders of PyTorch they are the `batch_sampler`. What a step gets follows from its number and the seed.
        """
        return Batches(lambda: self.step, size, batch_size, seed)

    def log(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Logs metrics in the background, by default at this step. Those of a step that is saved are the checkpoint's.

        Raises `RunTakenOver` when another trainer has taken the run over, and what made earlier ones fail.
        """
        self.run.check()
        at = self.step if step is None else step
        self.run.metrics.log_metrics(metrics, at)
        if at == self.step:
            # Several times in a step: what came before is its too.
            self._logged = (at, {**self._logged[1], **metrics} if self._logged[0] == at else dict(metrics))

    def log_event(self, name: str, data: Mapping[str, Json] | None = None) -> None:
        """Logs an event in the background."""
        self.run.check()
        self.run.metrics.log_event(name, data)

    def save(self) -> SaveHandle:
        """Saves now, in the background; between two steps only, since the saved state has this number of steps done."""
        self.run.check()
        at, metrics = self._logged
        state = {
            **self._parts.state(),
            RESERVED: {"step": self.step, "random": random_state()},
        }
        handle = self.run.states.save(
            state,
            self.step,
            metrics=metrics if at == self.step - 1 else None,
            allow_pickle=self._allow_pickle,
        )
        self._saved_step, self._saved_at, self.last_save = self.step, time.monotonic(), handle
        return handle

    def __enter__(self) -> ResumableTraining:
        self.run = self._start()
        try:
            self._restore()
            self._preemption.install()
        except BaseException as error:
            self.run.__exit__(type(error), error, error.__traceback__)
            raise
        self._saved_at = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self._is_in_step:
                self._end_step()
                self._save_if_new()
        finally:
            try:
                self.run.__exit__(kind, error, trace)
            finally:
                self._preemption.restore()

    def _restore(self) -> None:
        latest = self.run.latest_checkpoint()
        if latest is None:
            return
        state = latest.restore(
            into={**self._parts.into(), RESERVED: None},
            map_location=self._map_location,
            allow_pickle=self._allow_pickle,
        )
        self._parts.put(state)
        training = state[RESERVED]
        self._random = training["random"]
        set_random_state(training["random"])
        self.step = self._saved_step = training["step"]
        self.restored = latest
        _log.info("%s goes on after step %d.", self.run.experiment.path, self.step)

    def _end_step(self) -> None:
        self._is_in_step = False
        self.step += 1

    def _is_due(self) -> bool:
        if self._every_steps is not None and self.step % self._every_steps == 0:
            return True
        return self._every_seconds is not None and time.monotonic() - self._saved_at >= self._every_seconds

    def _save_if_new(self) -> None:
        if self.step != self._saved_step:
            self.save()
