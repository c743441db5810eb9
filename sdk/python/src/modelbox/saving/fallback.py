"""Where checkpoints go while the server is away, and what goes before them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox.errors import DeadlineExceeded, ModelBoxError, SpoolFull, Unauthenticated, Unavailable
from modelbox.saving.fence import RunFencing
from modelbox.transfer import Uploadable

CURABLE_REASONS = ("DATABASE_READ_ONLY", "QUOTA_EXCEEDED", "READ_ONLY", "STORAGE_FULL", "WRONG_ROLE")
"""Why a server that is well refuses what it may take later."""

_log = logging.getLogger("modelbox")

T = TypeVar("T")


class Earlier(Protocol):
    """What is logged while training goes on (see `MetricsWriter`)."""

    def mark(self) -> int:
        """What it has taken so far."""
        ...

    def wait_for(self, mark: int) -> None:
        """Waits until that is durable, or has failed."""
        ...


class Waiting(Protocol):
    """What waits on disk for a server."""

    def holds(self, experiment_id: str) -> bool:
        """Whether something of the experiment waits there, so that what is newer must go behind it."""
        ...

    def send_now(self, experiment_id: str) -> bool:
        """Sends what waits for the experiment, to make room: whether the server has taken something."""
        ...


class Fallback(Waiting, Protocol):
    """Keeps checkpoints on disk, and sends them later in the order in which they came (see `modelbox.spool`)."""

    def add_checkpoint(
        self,
        namespace_id: str,
        request: CreateCheckpointRequest,
        files: Mapping[str, Uploadable],
        *,
        fence: RunFencing,
    ) -> None:
        """Keeps a checkpoint durably. `request` has no files and no fence.

        Raises `SpoolFull` where there is no room, or the disk fails.
        """
        ...


def send_or_keep(
    spool: Waiting | None, experiment_id: str, send: Callable[[], T], keep: Callable[[], None], what: str
) -> T | None:
    """Sends, or keeps in the spool, when the server can't take it now or something waits there already; `None` when it
    was kept.

    Raises `SpoolFull` when it can be neither sent nor kept. `what` is for the log.
    """
    has_made_room = False
    while True:
        is_refused = False
        if spool is None or not spool.holds(experiment_id):
            try:
                return send()
            except ModelBoxError as error:
                if spool is None or not may_be_cured(error):
                    raise
                _log.log(
                    logging.WARNING if is_away(error) else logging.ERROR, "%s to the spool: %s", what, error
                )
                is_refused = True
        try:
            keep()
            return None
        except SpoolFull:
            # Where the server is back, what waits makes room.
            if is_refused or has_made_room or not spool.send_now(experiment_id):
                raise
            has_made_room = True


def is_away(error: ModelBoxError) -> bool:
    """Whether the server can't be reached, or does not answer: what waiting may cure, and nothing else does."""
    return isinstance(error, (Unavailable, DeadlineExceeded))


def may_be_cured(error: ModelBoxError) -> bool:
    """Whether it is no fault of the write: the server is away, full or for reading only, or the token has ended."""
    return is_away(error) or isinstance(error, Unauthenticated) or error.reason in CURABLE_REASONS
