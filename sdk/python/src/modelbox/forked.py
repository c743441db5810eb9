"""Objects that a child of a fork must not use as they are."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Inherited(Protocol):
    """An object with threads, locks or sockets that stay with the parent."""

    def after_fork(self) -> None:
        """In the child: begins anew, and leaves alone what is the parent's."""
        ...


_watched: weakref.WeakSet[Inherited] = weakref.WeakSet()


def watch_forks(one: Inherited) -> None:
    """From now on its `after_fork` is called in every child of a fork."""
    _watched.add(one)


def _after_fork_in_child() -> None:
    for one in list(_watched):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
