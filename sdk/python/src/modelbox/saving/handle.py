"""How a save that goes on in the background ends."""

from __future__ import annotations

import threading
from typing import Literal, TypeAlias

from modelbox.errors import DeadlineExceeded
from modelbox.objects.checkpoint import Checkpoint

SaveState: TypeAlias = Literal["pending", "committed", "spooled", "replaced", "failed"]


class SaveHandle:
    """One save. Safe in any number of threads."""

    def __init__(self, step: int) -> None:
        self.step = step
        """The step that is saved."""
        self._done = threading.Event()
        self._state: SaveState = "pending"
        self._checkpoint: Checkpoint | None = None
        self._error: BaseException | None = None

    @property
    def state(self) -> SaveState:
        """`pending`; `committed`: the server has it durably; `spooled`: this machine's disk has it, the server will;
        `replaced`: a newer one took its place; `failed`: `exception` says why."""
        return self._state

    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._done.is_set()

    def result(self, timeout_seconds: float | None = None) -> Checkpoint | None:
        """Waits for the end. The checkpoint, once the server has it durably; `None` when it was replaced or spooled.

        Raises what made it fail, and `DeadlineExceeded` when it has not ended in time.
        """
        error = self.exception(timeout_seconds)
        if error is not None:
            raise error
        return self._checkpoint

    def exception(self, timeout_seconds: float | None = None) -> BaseException | None:
        """Waits for the end. What made it fail; `None` when it has not failed."""
        if not self._done.wait(timeout_seconds):
            raise DeadlineExceeded(
                f"The checkpoint of step {self.step} was not saved within {timeout_seconds} s; it still goes on."
            )
        return self._error

    def finish(
        self,
        state: SaveState,
        *,
        checkpoint: Checkpoint | None = None,
        error: BaseException | None = None,
    ) -> None:
        """For whoever saves: it has ended."""
        self._state, self._checkpoint, self._error = state, checkpoint, error
        self._done.set()

    def __repr__(self) -> str:
        return f"<SaveHandle step {self.step}: {self._state}>"
