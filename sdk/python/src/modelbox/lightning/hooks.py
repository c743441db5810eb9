# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""What a trainer calls of itself while it trains. Lightning adds it to every trainer (see pyproject.toml)."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import torch

from modelbox.lightning.data_position import (
    before_next_batch,
    begins_next_epoch,
    is_mid_epoch,
    is_stateful,
    makes_iterator_itself,
    restart_iterator,
    skip_seen_batches,
)
from modelbox.lightning.framework import PACKAGE, Callback, ModelCheckpoint, Trainer, is_rank_zero
from modelbox.torch import random_state, set_random_state

if TYPE_CHECKING:
    from modelbox.lightning.checkpoint_io import ModelBoxCheckpointIO
    from modelbox.lightning.logger import ModelBoxLogger

__all__ = ["PACKAGE", "TrainerHooks"]

OWN_KEY = "modelbox"
"""Of a checkpoint: what Lightning does not know of."""

_log = logging.getLogger("modelbox")


def warn_where_hooks_are_missing() -> None:
    """Lightning learns of them from the metadata of the installed package."""
    if not any(one.name == "modelbox" for one in entry_points(group=f"{PACKAGE}.callbacks_factory")):
        _log.warning(
            "modelbox is not installed, only found on the path, so Lightning does not know of it: random numbers and "
            "the position in the data will be neither saved nor restored. Install it with pip."
        )


class TrainerHooks(Callback):
    """For trainers with a `ModelBoxLogger` or `ModelBoxCheckpointIO`: takes the run, and saves and restores what
    Lightning does not: random numbers, and the position in data loaders. It does nothing for other trainers."""

    def __init__(self) -> None:
        self._restored: dict[str, Any] | None = None
        """The random numbers of this process in the checkpoint, until they are set."""
        self._is_first_epoch = False
        """The next epoch is the first one after the end of another, which a checkpoint was saved at."""
        self._at_iterator: dict[str, Any] | None = None
        """The random numbers when the iterator of this epoch was made."""
        self._before_validation: dict[str, Any] | None = None

    def setup(self, trainer: Trainer, pl_module: Any, stage: str) -> None:
        io, logger = _io_of(trainer), _logger_of(trainer)
        self._restored, self._is_first_epoch = None, False
        self._at_iterator, self._before_validation = None, None
        is_fit = stage == "fit"
        if io is not None and logger is not None and io.run.path == logger.run.path:
            # Both were made of one experiment, which has one run.
            if io.run is not logger.run:
                logger.run.options.update(io.run.options)
            io.run = logger.run
        if logger is not None and is_fit:
            logger.begin()
        if io is not None:
            io.begin(is_fit=is_fit)
            for callback in trainer.checkpoint_callbacks:
                if isinstance(callback, ModelCheckpoint):
                    callback.file_exists = _FileExists(io)  # type: ignore[method-assign]

    def on_fit_start(self, trainer: Trainer, pl_module: Any) -> None:
        io = _io_of(trainer)
        if io is None:
            return
        if is_rank_zero() and not io.has_resumed and io.run.latest is not None and trainer.ckpt_path is None:
            _log.warning(
                "The experiment %s has checkpoints already, and this training begins anew; to go on, give fit "
                'ckpt_path="modelbox://%s/latest".',
                io.run.path,
                io.run.path,
            )
        self._at_iterator = random_state()

    def on_save_checkpoint(self, trainer: Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        if _io_of(trainer) is None:
            return
        own = {"now": random_state(), "at_iterator": self._at_iterator}
        ranks: list[Any] = [own]
        if trainer.world_size > 1:
            ranks = [None] * trainer.world_size
            torch.distributed.all_gather_object(ranks, own)
        checkpoint[OWN_KEY] = {"random": ranks}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        if _io_of(trainer) is None or trainer.state.fn != "fit":
            return
        ranks = checkpoint.get(OWN_KEY, {}).get("random", [])
        self._restored = ranks[trainer.global_rank] if trainer.global_rank < len(ranks) else None

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        restored, self._restored = self._restored, None
        if restored is None:
            return
        if is_mid_epoch(trainer):
            self._at_iterator = restored["at_iterator"]
            if not is_stateful(trainer) and self._at_iterator is not None:
                set_random_state(self._at_iterator)
                skip_seen_batches(trainer)
        elif begins_next_epoch(trainer):
            # The loop goes right into it, and calls nothing more.
            self._at_iterator = restored["now"]
            set_random_state(restored["now"])
            if not is_stateful(trainer):
                restart_iterator(trainer)
            at_first_batch = random_state()
            before_next_batch(trainer, lambda: set_random_state(at_first_batch))
            return
        else:
            self._is_first_epoch = True
            set_random_state(restored["now"])
            return
        # Lightning prepares a validation before, which it then leaves out.
        before_next_batch(trainer, lambda: set_random_state(restored["now"]))

    def on_train_epoch_start(self, trainer: Trainer, pl_module: Any) -> None:
        if _io_of(trainer) is None:
            return
        is_first, self._is_first_epoch = self._is_first_epoch, False
        if makes_iterator_itself(trainer):
            self._at_iterator = random_state()
        elif is_first and not is_stateful(trainer):
            # A training that was never interrupted makes one now.
            self._at_iterator = random_state()
            restart_iterator(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        if _io_of(trainer) is not None:
            # A few microseconds; only the loop knows whether a validation follows.
            self._before_validation = random_state()

    def on_validation_end(self, trainer: Trainer, pl_module: Any) -> None:
        # Lightning leaves the validation out when it goes on from a checkpoint of the batch before it. So that training
        # is the same with it and without it, a validation takes none of its random numbers.
        before, self._before_validation = self._before_validation, None
        if before is not None and trainer.state.fn == "fit":
            set_random_state(before)


class _FileExists:
    """Says whether a path of a `ModelCheckpoint` is taken, so that it finds another one, as on disk."""

    def __init__(self, io: ModelBoxCheckpointIO) -> None:
        self._io = io

    def __call__(self, filepath: Any, trainer: Trainer) -> bool:
        is_there = self._io.is_there(filepath) if trainer.is_global_zero else False
        return trainer.strategy.reduce_boolean_decision(is_there, all=False)


def _io_of(trainer: Trainer) -> ModelBoxCheckpointIO | None:
    from modelbox.lightning.checkpoint_io import ModelBoxCheckpointIO

    io = trainer.strategy.checkpoint_io
    # AsyncCheckpointIO and the like have it within.
    io = getattr(io, "checkpoint_io", io)
    return io if isinstance(io, ModelBoxCheckpointIO) else None


def _logger_of(trainer: Trainer) -> ModelBoxLogger | None:
    from modelbox.lightning.logger import ModelBoxLogger

    return next((logger for logger in trainer.loggers if isinstance(logger, ModelBoxLogger)), None)
