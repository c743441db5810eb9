# pyright: basic
"""Deletes older checkpoints of a callback, when it is asked to keep only some."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from itertools import islice

from modelbox.errors import InvalidInput, ModelBoxError, NotFound
from modelbox.objects.checkpoint import Checkpoint
from modelbox.resume import TrainingRun
from modelbox.saving import SaveHandle

_END_SECONDS = 30.0

_log = logging.getLogger("modelbox")


class Kept:
    """The checkpoints of one callback, which carry its label."""

    def __init__(self, run: TrainingRun, key: str, value: str, most: int | None) -> None:
        """`most` is how many of them are kept, the newest ones; `None`: all."""
        if most is not None and most < 1:
            raise InvalidInput(f"max_to_keep is at least 1, or None for all, not {most}.")
        self.labels = {key: value}
        """What they are found by."""
        self._run = run
        self._filter = f'labels."{key}" = {json.dumps(value)}'
        self._most = most
        self._thread: threading.Thread | None = None

    def newest(self) -> Checkpoint | None:
        """The last one that was committed, after all that a predecessor has left on this machine is sent."""
        latest = self._run.latest_checkpoint()
        if latest is None or self.labels.items() <= latest.labels.items():
            return latest
        return next(iter(self.all()), None)

    def all(self) -> Iterator[Checkpoint]:
        """All of them, the newest first."""
        return iter(self._run.experiment.checkpoints(filter=self._filter))

    def saved(self, handle: SaveHandle) -> None:
        """Another one is on its way. Once it is there, older ones are deleted, in the background."""
        if self._most is None or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(
            target=self._delete_older, args=(handle, self._most), name="modelbox-keep", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """Waits until those that are too many are deleted."""
        if self._most is None:
            return
        if self._thread is not None:
            self._thread.join(_END_SECONDS)
        # While it was at work, others may have come.
        self._delete_quietly(self._most)

    def delete_all(self) -> None:
        """All that are not in use."""
        self._delete_quietly(0)

    def _delete_older(self, handle: SaveHandle, most: int) -> None:
        # A save that failed is told by the next one.
        if handle.exception() is None:
            self._delete_quietly(most)

    def _delete_quietly(self, most: int) -> None:
        """A training does not fail for it, for example while the server is away."""
        try:
            self._delete(list(islice(self.all(), most, None)))
        except ModelBoxError as error:
            _log.warning("Older checkpoints were not deleted: %s", error)

    def _delete(self, checkpoints: list[Checkpoint]) -> None:
        for checkpoint in checkpoints:
            try:
                checkpoint.delete()
            except NotFound:
                pass
            except ModelBoxError as error:
                # Such as one that somebody is restoring.
                _log.info("%s is kept: %s", checkpoint.path, error)
