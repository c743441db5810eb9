# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""What the callbacks have in common: the run that they are of, and where in the training they are."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from modelbox.errors import InvalidInput
from modelbox.resume import TrainingRun


@dataclass(frozen=True)
class Start:
    """Where a restored training goes on."""

    epoch: int
    """Epochs that are done."""
    batch: int
    """Batches of the next one that are done."""
    step: int
    """Batches of all epochs that are done."""


_starts: weakref.WeakKeyDictionary[TrainingRun, Start] = weakref.WeakKeyDictionary()


def set_start(run: TrainingRun, start: Start | None) -> None:
    """Tells all callbacks of a run where the `fit` that begins now goes on; `None`: at its beginning."""
    _starts.pop(run, None)
    if start is not None:
        _starts[run] = start


class RunCallback(keras.callbacks.Callback):
    """Knows the step. It has no `on_train_batch_end`, for which JAX would have to wait after each batch."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.run = run
        """All that this saves and logs is of it."""
        self._is_first_epoch = True
        self._epoch_start = 0
        self._epoch_batches = 0
        self._batches_before = 0
        self._replayed = 0
        """Batches of this epoch that were trained on before, and go by once more."""

    @property
    def step(self) -> int:
        """How many batches the model has been trained on."""
        return self._epoch_start + self._epoch_batches

    @property
    def is_replaying(self) -> bool:
        """Whether the batch of now was trained on before the restart."""
        return self._epoch_batches <= self._replayed

    def on_train_begin(self, logs: Any = None) -> None:
        self._is_first_epoch, self._replayed, self._epoch_batches = True, 0, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_start, self._replayed = self.step, 0
        if self._is_first_epoch:
            self._is_first_epoch = False
            start = _starts.get(self.run)
            if start is not None and start.epoch == epoch:
                self._epoch_start, self._replayed = start.step - start.batch, start.batch
            else:
                self._epoch_start = _iterations(self.model)
        self._epoch_batches = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        done = batch + int(getattr(self._model, "steps_per_execution", 1) or 1)
        steps = (self.params or {}).get("steps")
        self._batches_before = self._epoch_batches
        self._epoch_batches = min(done, steps) if steps else done

    def has_passed(self, every: int) -> bool:
        """Whether with this batch, or those that went with it, another `every` batches are done.

        It is the same after a restart.
        """
        return self.step // every > (self._epoch_start + self._batches_before) // every


def check_save_freq(save_freq: Any) -> None:
    """Raises `InvalidInput` for what is no interval."""
    if save_freq != "epoch" and (type(save_freq) is not int or save_freq < 1):
        raise InvalidInput(f'save_freq is "epoch" or a number of batches, not {save_freq!r}.')


def numbers(logs: Mapping[str, Any] | None) -> dict[str, float]:
    """What of `logs` is a number."""
    found: dict[str, float] = {}
    for key, value in (logs or {}).items():
        # Models of one's own may report anything.
        with contextlib.suppress(TypeError, ValueError, RuntimeError):
            found[key] = float(value)
    return found


def _iterations(model: Any) -> int:
    optimizer = getattr(model, "optimizer", None)
    return 0 if optimizer is None else int(optimizer.iterations)
