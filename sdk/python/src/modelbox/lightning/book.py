"""Which checkpoint each path of Lightning stands for."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from modelbox.errors import NotFound
from modelbox.lightning.addresses import PATH_LABEL
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.experiment import Experiment
from modelbox.saving import SaveHandle

MAX_CHECKPOINTS = 10_000
"""How many of an experiment's checkpoints, the newest, are known at the start."""


@dataclass(frozen=True)
class Stored:
    """A checkpoint that is on the server, or on its way."""

    name: str
    handle: SaveHandle | None = None
    """Where it was saved by this process."""

    def find(self, experiment: Experiment) -> Checkpoint | None:
        """As it is on the server; `None` when it is not there. Asks only where the save has ended."""
        if self.handle is not None:
            if self.handle.state in ("pending", "replaced", "failed"):
                return None
            checkpoint = self.handle.result()
            if checkpoint is not None:
                return checkpoint
        try:
            return experiment.checkpoint(self.name)
        except NotFound:
            return None


class Book:
    """By path, what is stored. Safe in any number of threads."""

    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}
        self._names: set[str] = set()
        self._lock = threading.Lock()

    def read(self, checkpoints: Iterable[Checkpoint]) -> None:
        """Learns what earlier processes have stored; the newest come first."""
        with self._lock:
            for checkpoint in checkpoints:
                self._names.add(checkpoint.name)
                path = checkpoint.labels.get(PATH_LABEL)
                if isinstance(path, str):
                    self._stored.setdefault(path, Stored(checkpoint.name))

    @property
    def names(self) -> frozenset[str]:
        """All that checkpoints have, or have had since the start."""
        with self._lock:
            return frozenset(self._names)

    def put(self, key: str, stored: Stored) -> Stored | None:
        """From now on the path stands for this one. Returns what it stood for."""
        with self._lock:
            previous = self._stored.pop(key, None)
            self._stored[key] = stored
            self._names.add(stored.name)
            return previous

    def get(self, key: str) -> Stored | None:
        """What a path stands for."""
        with self._lock:
            return self._stored.get(key)

    def take(self, key: str) -> Stored | None:
        """What a path stands for, and no longer does."""
        with self._lock:
            return self._stored.pop(key, None)
