"""How writes prove that this is still the trainer of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from modelbox._gen.common_pb2 import RunFence
from modelbox.errors import Aborted

FENCED_REASON = "FENCED"
_MAX_FENCES = 3
"""How many fences one write tries: each is a lease that was lost and taken again while it went on."""

T = TypeVar("T")


class RunFencing(Protocol):
    """Gives writes their fence. Safe in any number of threads."""

    def current(self) -> RunFence | None:
        """What a write carries now; raises `Aborted` once the run is somebody else's."""
        ...

    def renew_after(self, error: Aborted, used: RunFence | None) -> bool:
        """After the server has refused a write with the fence `used`: whether `current` has a newer one to try."""
        ...


class FixedFence:
    """A fence that never changes: that of a lease which is taken once."""

    def __init__(self, fence: RunFence | None) -> None:
        self._fence = fence

    def current(self) -> RunFence | None:
        return self._fence

    def renew_after(self, error: Aborted, used: RunFence | None) -> bool:
        return False


def fenced(fence: RunFencing, write: Callable[[RunFence | None], T]) -> T:
    """Runs a write with the fence of the run; again when the run's lease had only run out, and is held anew."""
    for _ in range(_MAX_FENCES - 1):
        used = fence.current()
        try:
            return write(used)
        except Aborted as error:
            if error.reason != FENCED_REASON or not fence.renew_after(error, used):
                raise
    return write(fence.current())
