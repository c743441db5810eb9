# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Checkpoints of a training, to be used."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal

from modelbox.errors import InvalidInput
from modelbox.keras.archive import archive_of
from modelbox.keras.best import Mode, is_more_better
from modelbox.keras.callback import RunCallback, check_save_freq, numbers
from modelbox.keras.kept import Kept
from modelbox.keras.training_state import state_of
from modelbox.resume import TrainingRun

LABEL = "keras/checkpoint"


class ModelBoxCheckpoint(RunCallback):
    """Saves the model at some frequency, as `keras.callbacks.ModelCheckpoint` does, in the background.

    A checkpoint has the variables of the model and of its optimizer by their paths, in `state.safetensors`:
    `modelbox.keras.load_weights(model, checkpoint)` gives them to a model of the same code. They are copied, and sent
    while training goes on; what the server has already is not sent again. With `archive` it also has `model.keras`,
    which Keras itself, other tools, and `version.load()` open without that code; Keras writes it while training waits.

    To let a training go on after a restart, use `ModelBoxBackup` (as well).
    """

    def __init__(
        self,
        run: TrainingRun,
        monitor: str = "val_loss",
        *,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: Mode = "auto",
        save_freq: int | Literal["epoch"] = "epoch",
        initial_value_threshold: float | None = None,
        name: str = "",
        archive: bool = False,
        max_to_keep: int | None = None,
    ) -> None:
        """`monitor`, `mode`, `save_freq` and `initial_value_threshold` are those of `ModelCheckpoint`.

        With `save_best_only` a model is saved when it is better than all before, those before a restart included. With
        `save_weights_only` the optimizer is left out.

        `name` may have `{epoch}` and `{batch}` (from 1), `{step}` (all batches) and the metrics, such as
        `{val_loss:.3f}`; it tells the checkpoints of several of these callbacks apart. By default it is
        `model-epoch-{epoch}` or `model-step-{step}`, for the best ones `best-…`. Where a restarted training comes to a
        name again, a number is added. `max_to_keep` is how many are kept, the newest ones, which with `save_best_only`
        are the best; by default all.
        """
        super().__init__(run)
        check_save_freq(save_freq)
        if mode not in ("auto", "min", "max"):
            raise InvalidInput(f'mode is "auto", "min" or "max", not {mode!r}.')
        self.monitor = monitor
        self.mode: Mode = mode
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq: int | Literal["epoch"] = save_freq
        self.archive = archive
        self.best = initial_value_threshold
        """The best value so far, where `save_best_only` is set."""
        kind = "epoch-{epoch}" if save_freq == "epoch" else "step-{step}"
        self.name = name or f"{'best' if save_best_only else 'model'}-{kind}"
        self._kept = Kept(run, LABEL, self.name, max_to_keep)
        self._names: set[str] = set()
        self._epoch = 0
        if save_freq != "epoch":
            # Only then: see RunCallback.
            self.on_train_batch_end = self._after_batch

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        newest = self._kept.newest()
        if newest is None:
            return
        self._names |= {checkpoint.name for checkpoint in self._kept.all()}
        value = newest.metrics.get(self.monitor)
        if self.save_best_only and isinstance(value, (int, float)):
            self._is_better(float(value))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.run.check()
        if self.save_freq == "epoch":
            self._save(numbers(logs))

    def on_train_end(self, logs: Any = None) -> None:
        self.run.states.flush()
        self._kept.finish()

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        if not self.is_replaying and self.has_passed(int(self.save_freq)):
            self.run.check()
            self._save(numbers(logs))

    def _save(self, metrics: dict[str, float]) -> None:
        if self.save_best_only:
            value = metrics.get(self.monitor)
            if value is None:
                warnings.warn(
                    f"{self.monitor} is not among the metrics {sorted(metrics)}, so this model is saved, the best "
                    "or not.",
                    stacklevel=2,
                )
            elif not self._is_better(value):
                return
        # With JAX, this brings the model up to date.
        model = self.model
        done = self._epoch + (1 if self.save_freq == "epoch" else 0)
        handle = self.run.states.save(
            state_of(model, with_optimizer=not self.save_weights_only),
            self.step,
            name=self._new_name(metrics),
            epoch=done,
            metrics=metrics,
            metadata=self._kept.labels,
            beside=archive_of(model) if self.archive else None,
        )
        self._kept.saved(handle)

    def _is_better(self, value: float) -> bool:
        is_more = is_more_better(self.model, self.monitor, self.mode)
        if (
            self.best is None
            or math.isnan(self.best)
            or (value > self.best if is_more else value < self.best)
        ):
            self.best = value
            return True
        return False

    def _new_name(self, metrics: dict[str, float]) -> str:
        values = {"epoch": self._epoch + 1, "batch": self._epoch_batches, "step": self.step}
        try:
            wanted = self.name.format(**{**metrics, **values})
        except KeyError as error:
            raise InvalidInput(
                f"The name {self.name} has {error}, and there are {sorted({**metrics, **values})}."
            ) from None
        name, number = wanted, 2
        while name in self._names:
            name, number = f"{wanted}.{number}", number + 1
        self._names.add(name)
        return name
