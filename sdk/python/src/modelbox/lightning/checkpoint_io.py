# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Stores checkpoints of Lightning in ModelBox."""

from __future__ import annotations

import logging
import os
from typing import Any

import torch

from modelbox.errors import InvalidInput, ModelBoxError, NotFound
from modelbox.lightning.addresses import LATEST, PATH_LABEL, SCHEME, Address, address_of, key_of, name_for
from modelbox.lightning.book import MAX_CHECKPOINTS, Book, Stored
from modelbox.lightning.framework import (
    LIGHTNING_VERSION,
    CheckpointIO,
    TorchCheckpointIO,
    is_rank_zero,
)
from modelbox.lightning.hooks import OWN_KEY, warn_where_hooks_are_missing
from modelbox.lightning.hyperparameters import without_pickle
from modelbox.lightning.logger import ModelBoxLogger
from modelbox.lightning.removals import Removals
from modelbox.lightning.shared_run import SharedRun
from modelbox.objects.checkpoint import Checkpoint, get_checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.resume import TrainingRun

_REMOVE_SECONDS = 30.0
"""How long the end of a training waits for checkpoints to be deleted."""

_log = logging.getLogger("modelbox")


class NothingYet(dict[str, Any]):
    """What is loaded where there is no checkpoint yet: it is false, so Lightning takes nothing from it."""

    def __bool__(self) -> bool:
        return False


class ModelBoxCheckpointIO(CheckpointIO):
    """Stores the checkpoints of a trainer in ModelBox, in the background, and resumes from them.

    ```python
    trainer = Trainer(logger=logger, plugins=[ModelBoxCheckpointIO(logger)])
    trainer.fit(model, ckpt_path="modelbox://langtech/wav2vec-lid/latest")
    ```

    `latest` is the last committed checkpoint, and while there is none, the training begins anew: so the same command
    starts it, and goes on after whatever has killed it: with weights, optimizers, schedulers, loops, callbacks, the
    random numbers of each process, and the position in data loaders (those without a `state_dict` of their own go
    through the samples that were seen, without training). A checkpoint's name in place of `latest` resumes from that
    one, which is then never deleted.

    Saving copies the state, and training goes on while the copy is sent; while the server is away, it goes to this
    machine's disk, and is sent later. What `ModelCheckpoint` deletes is deleted once its successor is durable, and no
    lease holds it (`checkpoint.hold()`). Its files don't appear on disk: a path stands for a checkpoint, the name of
    which is made from it, and whose label `lightning/path` has it.

    Nothing is pickled. Hyperparameters that would need it are stored as text, other objects are refused unless
    `allow_pickle` is set.
    """

    def __init__(
        self, source: ModelBoxLogger | Experiment, *, allow_pickle: bool = False, **run_options: Any
    ) -> None:
        """`source` is the trainer's logger, or the experiment that the checkpoints are of.

        `run_options` are those of `modelbox.resume.TrainingRun`, for example `max_pending=2`, in addition to those that
        the logger has. With `allow_pickle`, objects are stored by pickle, and checkpoints that have such are read,
        which can run any code of whoever has saved them; `trainer.fit(weights_only=False)` allows the reading too.
        """
        warn_where_hooks_are_missing()
        if isinstance(source, ModelBoxLogger):
            self.run = source.run
            self.run.options.update(run_options)
        else:
            self.run = SharedRun.of(source, run_options)
        self.has_resumed = False
        """Whether the trainer goes on from a checkpoint."""
        self._allow_pickle = allow_pickle
        self._files = TorchCheckpointIO()
        self._may_be_new = True
        self._is_in_fit = False
        self._begin_book()
        self._told: set[str] = set()

    def begin(self, *, is_fit: bool) -> None:
        """For the trainer's hooks: something begins. Takes the run for a fit."""
        self._may_be_new = self._is_in_fit = is_fit
        self.has_resumed = False
        if is_fit and is_rank_zero():
            self._open()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Copies a state of Lightning, and saves the copy in the background as the checkpoint that `path` stands for.

        `modelbox://namespace/experiment/name` names it. Where the path stands for one already, that is deleted
        afterwards. Outside of a fit it takes the run for this save alone, and returns when all is durable.

        Raises `InvalidInput` for what can't be stored, and what made an earlier save fail.
        """
        if storage_options is not None:
            raise InvalidInput("ModelBoxCheckpointIO takes no storage_options.")
        run = self._open()
        step = int(checkpoint.get("global_step", 0))
        name = self._name_of(path, step)
        state = without_pickle(checkpoint, self._told)
        # A process that is killed before it has deleted them leaves that to the one that goes on.
        state[OWN_KEY] = {**state.get(OWN_KEY, {}), "to_remove": self._removals.names}
        key = key_of(path)
        try:
            handle = run.states.save(
                state,
                step,
                name=name,
                epoch=_whole(checkpoint.get("epoch")),
                metrics=_scores_of(checkpoint, os.fspath(path)),
                metadata={PATH_LABEL: key},
                allow_pickle=self._allow_pickle,
            )
        except InvalidInput as error:
            if "allow_pickle" not in str(error):
                raise
            raise InvalidInput(
                f"{error} For a trainer that is ModelBoxCheckpointIO(…, allow_pickle=True)."
            ) from None
        self._newest = Stored(name, handle=handle)
        previous = self._book.put(key, self._newest)
        if previous is not None:
            self._remove(previous)
        if not self._is_in_fit:
            # Lightning tells the ends of fits alone.
            self.teardown()

    def load_checkpoint(
        self,
        path: str | os.PathLike[str],
        map_location: Any = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """The state of the checkpoint that a path stands for, or of a file on disk.

        Tensors are on the CPU, or on the device `map_location`. `modelbox://namespace/experiment/latest` of the own
        experiment, while that has none yet, gives a fit nothing to resume from; else raises `NotFound`.
        """
        if address_of(path) is None and os.path.exists(path):
            return self._files.load_checkpoint(path, weights_only=weights_only)
        found = self._find_together(path)
        if found is None:
            _log.info("%s has no checkpoint yet: the training begins anew.", self.run.path)
            return NothingYet({"pytorch-lightning_version": LIGHTNING_VERSION})
        state = found.restore(
            map_location=map_location if isinstance(map_location, (str, torch.device)) else None,
            allow_pickle=weights_only is False or (self._allow_pickle and weights_only is not True),
        )
        if not isinstance(state, dict) or "state_dict" not in state:
            raise InvalidInput(
                f"{found.path} is no checkpoint of Lightning; restore it by `checkpoint.restore()`."
            )
        own = state.get(OWN_KEY, {})
        if self.run.is_open:
            for name in own.get("to_remove", ()):
                if name != found.name:
                    self._remove(Stored(name))
        self.has_resumed = True
        _log.info("Goes on from %s, of step %d.", found.path, found.step)
        return state

    def remove_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Deletes the checkpoint that a path stands for, and nothing else, once its successor is durable.

        One that the trainer was told by name to resume from, or that a lease holds, stays.
        """
        stored = self._book.take(key_of(path))
        if stored is not None:
            self._remove(stored)
        elif address_of(path) is None and os.path.exists(path):
            self._files.remove_checkpoint(path)

    def is_there(self, path: str | os.PathLike[str]) -> bool:
        """Whether a path stands for a checkpoint, or is a file on disk."""
        if self._book.get(key_of(path)) is not None:
            return True
        return address_of(path) is None and os.path.exists(path)

    def teardown(self) -> None:
        """Waits until all is durable, deletes what is to be deleted, and ends the run once the logger has ended."""
        self._is_in_fit = False
        if not self.run.is_open:
            return

        def finish(_run: TrainingRun) -> None:
            self._removals.close(_REMOVE_SECONDS)

        try:
            self.run.leave(self, finish=finish)
        finally:
            self._begin_book()

    def _begin_book(self) -> None:
        self._book = Book()
        self._is_read = False
        self._removals = Removals(lambda: self.run.experiment)
        self._protected: set[str] = set()
        self._newest: Stored | None = None

    def _open(self) -> TrainingRun:
        self.run.enter(self)
        run = self.run.open()
        if not self._is_read:
            self._book.read(self.run.experiment.checkpoints().take(MAX_CHECKPOINTS))
            self._is_read = True
        return run

    def _name_of(self, path: str | os.PathLike[str], step: int) -> str:
        address = address_of(path)
        if address is None:
            return name_for(path, step, self._book.names)
        if not self._is_own(address):
            raise InvalidInput(
                f"{os.fspath(path)} is of another experiment; this trainer saves to {SCHEME}{self.run.path}/."
            )
        if address.name == LATEST:
            raise InvalidInput(f"{LATEST} stands for the last committed checkpoint; give yours another name.")
        if not address.is_exact or address.name in self._book.names:
            return name_for(address.name, step, self._book.names)
        return address.name

    def _is_own(self, address: Address) -> bool:
        return address.experiment in (self.run.path, self.run.experiment.path)

    def _remove(self, stored: Stored) -> None:
        if stored.name in self._protected:
            _log.info("The checkpoint %s stays, since the training was to resume from it.", stored.name)
            return
        self._removals.add(stored, self._newest)

    def _find_together(self, path: str | os.PathLike[str]) -> Checkpoint | None:
        """The same one on all processes, though others may come meanwhile."""
        distributed = torch.distributed
        is_alone = not (distributed.is_available() and distributed.is_initialized())
        if is_alone or distributed.get_world_size() == 1:
            return self._find(path)
        answer: list[Any] = [None, None]
        if is_rank_zero():
            try:
                found = self._find(path)
                answer = [None if found is None else found.id, None]
            except ModelBoxError as error:
                distributed.broadcast_object_list([None, f"{type(error).__name__}: {error}"], src=0)
                raise
        distributed.broadcast_object_list(answer, src=0)
        checkpoint_id, problem = answer
        if problem is not None:
            raise InvalidInput(f"The process of rank 0 could not find the checkpoint: {problem}")
        return None if checkpoint_id is None else get_checkpoint(self.run.connection, checkpoint_id)

    def _find(self, path: str | os.PathLike[str]) -> Checkpoint | None:
        address = address_of(path)
        if address is None:
            return self._find_by_path(path)
        if not self._is_own(address):
            return get_checkpoint(self.run.connection, address.path)
        if address.name == LATEST:
            latest = self.run.latest if self.run.is_open else self.run.experiment.latest_checkpoint()
            if latest is None and not self._may_be_new:
                raise NotFound(f"{self.run.path} has no checkpoint yet.")
            return latest
        stored = self._book.get(key_of(path))
        found = stored.find(self.run.experiment) if stored is not None else None
        if found is None:
            found = get_checkpoint(self.run.connection, address.path)
        self._protected.add(found.name)
        return found

    def _find_by_path(self, path: str | os.PathLike[str]) -> Checkpoint:
        key = key_of(path)
        stored = self._book.get(key)
        experiment = self.run.experiment
        if stored is not None:
            if stored.handle is not None:
                stored.handle.exception()
            found = stored.find(experiment)
        else:
            # Not of this fit: for example `trainer.test(ckpt_path="best")`.
            text = key.replace("\\", "\\\\").replace('"', '\\"')
            found = experiment.checkpoints(filter=f'labels."{PATH_LABEL}" = "{text}"').first()
        if found is None:
            raise NotFound(
                f"{os.fspath(path)} is no file, and stands for no checkpoint of {experiment.path}."
            )
        return found


def _scores_of(checkpoint: dict[str, Any], path: str) -> dict[str, float]:
    """What callbacks have saved it for: the metric that each monitors, at this checkpoint."""
    scores: dict[str, float] = {}
    for state in checkpoint.get("callbacks", {}).values():
        if not isinstance(state, dict) or not state.get("monitor"):
            continue
        score = state.get("best_k_models", {}).get(path)
        if score is None and state.get("last_model_path") == path:
            score = state.get("current_score")
        if score is not None:
            scores[state["monitor"]] = float(score)
    return scores


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
