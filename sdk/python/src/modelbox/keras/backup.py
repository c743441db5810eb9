# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Training that goes on where it was."""

from __future__ import annotations

import logging
from typing import Any, Literal

from modelbox.errors import InvalidInput
from modelbox.keras.callback import RunCallback, Start, check_save_freq, numbers, set_start
from modelbox.keras.kept import Kept
from modelbox.keras.random_state import random_state, set_random_state
from modelbox.keras.replay import Replay
from modelbox.keras.training_state import put_back, restored, state_of
from modelbox.keras.variables import arrays_of, assign, match
from modelbox.resume import TrainingRun

LABEL = "keras/backup"

_log = logging.getLogger("modelbox")


class ModelBoxBackup(RunCallback):
    """Saves the whole state of a training as checkpoints, and lets the next `fit` go on from the newest one.

    The state has the weights, the optimizer, the random numbers (Python, NumPy, PyTorch, the seed generators of Keras),
    the metrics of the epoch, and how many epochs and batches are done. It is copied, and sent while training goes on.

    After a restart the same program goes on at that very batch: the epoch's data is made anew from its random numbers,
    and the batches that the model has seen already are read, but not trained on. So the data of an epoch has to be the
    same for the same random numbers: arrays, a `PyDataset`, a `DataLoader`, a generator function that begins anew. Data
    that goes on from epoch to epoch (with `steps_per_epoch`) begins anew after a restart.

    Where a training ended well, the next `fit` with at most as many epochs trains nothing, and leaves the model as it
    was at the end. List it as the last one of the callbacks, so that it saves what the others have done at the end of
    an epoch; what they remember themselves, such as the patience of `EarlyStopping`, is not saved.
    """

    def __init__(
        self,
        run: TrainingRun,
        *,
        save_freq: int | Literal["epoch"] = "epoch",
        name: str = "backup",
        max_to_keep: int | None = None,
        delete_checkpoint: bool = False,
    ) -> None:
        """`save_freq` is `"epoch"`, or a number of batches. Checkpoints are called `<name>-<batches trained on>`.

        `name` tells the backups of several `fit` of one experiment apart: each goes on from those of its own name.
        `max_to_keep` is how many of them are kept, the newest ones; by default all. With `delete_checkpoint` all are
        deleted after a training that ended well, as `BackupAndRestore` does it.
        """
        super().__init__(run)
        check_save_freq(save_freq)
        self.save_freq: int | Literal["epoch"] = save_freq
        self.name = name
        self.delete_checkpoint = delete_checkpoint
        self._kept = Kept(run, LABEL, name, max_to_keep)
        self._restored: dict[str, Any] | None = None
        """What the first epoch still has to take from the checkpoint."""
        self._replay: Replay | None = None
        self._random_of_epoch: dict[str, Any] = {}
        self._epoch = 0
        self._has_trained = False
        if save_freq != "epoch":
            # Only then: see RunCallback.
            self.on_train_batch_end = self._after_batch

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        set_start(self.run, None)
        self._restored, self._replay, self._has_trained = None, None, False
        checkpoint = self._kept.newest()
        if checkpoint is None:
            return
        state = restored(checkpoint)
        if "epoch" not in state:
            raise InvalidInput(f"{checkpoint.path} is no backup of a training.")
        put_back(self.model, state)
        epoch, epochs = state["epoch"], (self.params or {}).get("epochs") or 0
        if epochs <= state["ended_of"]:
            # It had ended, maybe early; more is only done where more is asked for than then.
            epoch = max(epochs, epoch)
        # As BackupAndRestore does it: there is no other way.
        self.model._initial_epoch = epoch
        set_start(self.run, Start(epoch, state["batch"], state["step"]))
        self._restored = state
        _log.info("Training goes on from %s: epoch %d, batch %d.", checkpoint.path, epoch + 1, state["batch"])
        self.run.metrics.log_event(
            "training_resumed",
            {"checkpoint": checkpoint.name, "epoch": epoch, "batch": state["batch"], "step": state["step"]},
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self._epoch = epoch
        state, self._restored = self._restored, None
        if state is not None:
            self._go_on(state)
        self._random_of_epoch = random_state()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_begin(batch, logs)
        if self._replay is not None:
            self._replay.expect()
        self._has_trained = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch + 1
        self.run.check()
        if self.save_freq == "epoch":
            self._save(batch=0, logs=numbers(logs))

    def on_train_end(self, logs: Any = None) -> None:
        set_start(self.run, None)
        self.model._initial_epoch = None
        if self.delete_checkpoint:
            self.run.states.flush()
            self._kept.delete_all()
            return
        if self._has_trained:
            self._save(batch=0, logs=numbers(logs), ended_of=self.params["epochs"])
        self.run.states.flush()
        self._kept.finish()

    def _after_batch(self, batch: int, logs: Any = None) -> None:
        self.run.check()
        if not self.is_replaying and self.has_passed(int(self.save_freq)):
            self._save(batch=self._epoch_batches, logs=numbers(logs))

    def _go_on(self, state: dict[str, Any]) -> None:
        if not state["batch"]:
            set_random_state(state["random"])
            return

        def on_done() -> None:
            set_random_state(state["random"])
            self._replay = None

        # They were reset when the epoch began.
        assign(match(self.model.metrics_variables, state["metrics"], "metrics"))
        set_random_state(state["random_of_epoch"])
        self._replay = Replay(self.model, state["batch"], state["logs"], on_done)

    def _save(self, *, batch: int, logs: dict[str, float], ended_of: int = 0) -> None:
        # With JAX, this brings the model up to date.
        model = self.model
        state = {
            **state_of(model),
            "random": random_state(),
            "epoch": self._epoch,
            "batch": batch,
            "step": self.step,
            "ended_of": ended_of,
        }
        if batch:
            state["metrics"] = arrays_of(model.metrics_variables)
            state["random_of_epoch"] = self._random_of_epoch
            state["logs"] = logs
        name = f"{self.name}-{self.step}" + ("-end" if ended_of else "")
        handle = self.run.states.save(
            state,
            self.step,
            name=name,
            epoch=self._epoch,
            metrics=logs,
            metadata=self._kept.labels,
        )
        self._kept.saved(handle)
