# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Metrics of a training."""

from __future__ import annotations

from typing import Any

from modelbox.errors import InvalidInput
from modelbox.keras.callback import RunCallback, numbers
from modelbox.resume import TrainingRun


class ModelBoxLogger(RunCallback):
    """Logs what Keras reports at the end of each epoch, and of some batches, in the background.

    The step is the number of batches that the model has been trained on. At the end of an epoch it logs the metrics by
    their names, `epoch` (how many are done) and `learning_rate`.
    """

    def __init__(self, run: TrainingRun, *, every_batches: int = 0) -> None:
        """Metrics of every so many batches are logged as `batch/<name>`: means since the epoch began; 0: none.

        JAX has to wait for those batches.
        """
        super().__init__(run)
        if every_batches < 0:
            raise InvalidInput(f"every_batches is 0 for none, or a number of batches, not {every_batches}.")
        self.every_batches = every_batches
        if every_batches:
            # Only then: see RunCallback.
            self.on_train_batch_end = self._after_batch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        metrics: dict[str, Any] = {**numbers(logs), "epoch": epoch + 1}
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None and "learning_rate" not in metrics:
            metrics["learning_rate"] = float(optimizer.learning_rate)
        self.run.metrics.log_metrics(metrics, self.step)

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        if not self.is_replaying and self.has_passed(self.every_batches):
            metrics = {f"batch/{key}": value for key, value in numbers(logs).items()}
            self.run.metrics.log_metrics(metrics, self.step)
