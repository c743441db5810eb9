"""How writes prove that this is still the trainer of the run."""

from __future__ import annotations

from typing import Protocol

from modelbox._gen.common_pb2 import RunFence
from modelbox.errors import Aborted


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
