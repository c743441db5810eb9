"""What is closed at the end of a `with`."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from modelbox.errors import ModelBoxError

SelfT = TypeVar("SelfT", bound="Closing")


class Closing:
    """Something whose `close` may fail; that does not hide what made the `with` end."""

    def close(self) -> None:
        """Ends its work."""
        raise NotImplementedError

    def __enter__(self: SelfT) -> SelfT:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except ModelBoxError:
            # What went wrong first is what the user must hear of; the other is in the log.
            if error is None:
                raise
