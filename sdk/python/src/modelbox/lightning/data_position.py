# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Where a training stands in its data.

Lightning goes on with the number of a batch, but from the first sample, unless the data loaders have a state of their
own. It has no public way to its iterator; what is missing in another version leaves the position as Lightning has it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

from modelbox.lightning.framework import Trainer

_log = logging.getLogger("modelbox")


def is_mid_epoch(trainer: Trainer) -> bool:
    """Whether the loop was restored to a batch within an epoch."""
    return 0 < _seen(trainer) < trainer.num_training_batches


def begins_next_epoch(trainer: Trainer) -> bool:
    """Whether the loop was restored to the end of the last batch of an epoch, before all that follows it."""
    loop = trainer.fit_loop
    after_batch = bool(getattr(loop.epoch_loop, "restarted_on_train_batch_end", False))
    return after_batch and not is_mid_epoch(trainer) and _seen(trainer) > 0


def is_stateful(trainer: Trainer) -> bool:
    """Whether the data loaders restore their position themselves."""
    loaders = _loaders(trainer)
    return bool(loaders) and all(
        callable(getattr(loader, "state_dict", None)) and callable(getattr(loader, "load_state_dict", None))
        for loader in loaders
    )


def makes_iterator_itself(trainer: Trainer) -> bool:
    """Whether Lightning makes an iterator for the epoch that begins, and has not made it at the start."""
    loop = trainer.fit_loop
    is_resuming = bool(getattr(loop, "is_resuming", False))
    return trainer.current_epoch > 0 and not is_resuming and not loop.epoch_loop.restarting


def restart_iterator(trainer: Trainer) -> None:
    """Begins the data of this epoch anew, with the random numbers of now."""
    fetcher = _fetcher(trainer)
    if fetcher is not None:
        iter(fetcher)


def skip_seen_batches(trainer: Trainer) -> None:
    """Goes through the data of this epoch, with the random numbers of now, up to where the training stands."""
    fetcher, seen = _fetcher(trainer), _seen(trainer)
    if fetcher is None:
        _log.warning("The data of the epoch begins anew: this version of Lightning hides its iterator.")
        return
    # It is not so any more.
    warnings.filterwarnings("ignore", message="You're resuming from a checkpoint that ended before the epoch")
    epoch = trainer.fit_loop.epoch_progress.current.processed
    for loader in _loaders(trainer):
        for sampler in (
            getattr(loader, "sampler", None),
            getattr(getattr(loader, "batch_sampler", None), "sampler", None),
        ):
            set_epoch = getattr(sampler, "set_epoch", None)
            if callable(set_epoch):
                set_epoch(epoch)
    iter(fetcher)
    fetched = fetcher.fetched
    for _ in range(seen):
        next(fetcher)
    # The loop adds what it has seen.
    fetcher.fetched = fetched


def before_next_batch(trainer: Trainer, run: Callable[[], None]) -> None:
    """Runs something right before the loop fetches its next batch; now, where that can't be known."""
    fetcher = _fetcher(trainer)
    if fetcher is None:
        run()
    else:
        fetcher.iterator = _Interposed(fetcher, run)


class _Interposed:
    """Stands in for an iterator until it is used."""

    def __init__(self, fetcher: Any, run: Callable[[], None]) -> None:
        self._fetcher = fetcher
        self._iterator = fetcher.iterator
        self._run = run

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        self._fetcher.iterator = self._iterator
        self._run()
        return next(self._iterator)


def _seen(trainer: Trainer) -> int:
    return trainer.fit_loop.epoch_loop.batch_progress.current.processed


def _loaders(trainer: Trainer) -> list[Any]:
    combined = getattr(trainer.fit_loop, "_combined_loader", None)
    return [] if combined is None else list(combined.flattened)


def _fetcher(trainer: Trainer) -> Any:
    fetcher = getattr(trainer.fit_loop, "_data_fetcher", None)
    return fetcher if all(hasattr(fetcher, name) for name in ("fetched", "iterator", "__next__")) else None
