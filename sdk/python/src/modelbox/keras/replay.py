# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Goes on in the middle of an epoch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import keras


class Replay:
    """Stands for a model's `train_function` while batches that were trained on before go by.

    The data of an epoch is made anew from its random numbers, so the first batches are those that the model has seen
    already: they are read, and nothing is done with them.
    """

    def __init__(self, model: Any, batches: int, logs: dict[str, float], on_done: Callable[[], None]) -> None:
        """`logs` is what each of these batches reports, and `on_done` is called after the last one."""
        if isinstance(model.train_function, Replay):
            # Of a training that was interrupted before it had got so far.
            model.train_function = model.train_function.real
        self.real = model.train_function
        self._model = model
        self._left = batches
        self._logs = logs
        self._on_done = on_done
        self._is_expected = False
        model.train_function = self

    def expect(self) -> None:
        """Another batch begins, and the callback that made this is there."""
        self._is_expected = True

    def __call__(self, *given: Any) -> Any:
        if not self._is_expected:
            # It was left over from a training that was interrupted.
            self._model.train_function = self.real
            return self.real(*given)
        self._is_expected = False
        together = int(getattr(self._model, "steps_per_execution", 1) or 1)
        if hasattr(given[-1], "__next__"):
            next(given[-1])
            with contextlib.suppress(StopIteration):
                for _ in range(together - 1):
                    next(given[-1])
        self._left -= together
        if self._left <= 0:
            self._model.train_function = self.real
            self._on_done()
        return (self._logs, given[0]) if keras.backend.backend() == "jax" else self._logs
