"""Sends what waits in a spool."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.connection import Connection
from modelbox.errors import (
    Aborted,
    AlreadyExists,
    CorruptData,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    InvalidInput,
    LocalFileError,
    ModelBoxError,
    NotFound,
    OutOfRange,
    RunHeld,
    RunTakenOver,
    Unavailable,
)
from modelbox.saving import CURABLE_REASONS
from modelbox.saving.commit import commit_checkpoint
from modelbox.saving.fence import FENCED_REASON, FixedFence, RunFencing
from modelbox.saving.writes import log_events, log_metrics
from modelbox.spool.entry import Entry, StoredCall, entries_of
from modelbox.spool.file_lock import file_lock
from modelbox.spool.run_fence import BookFence
from modelbox.spool.spool import Spool

_TIMEOUT_SECONDS = 60.0
_ATTEMPTS = 3
_PATIENCE_SECONDS = 2.0
_HOPELESS = (AlreadyExists, CorruptData, InvalidArgument, InvalidInput, LocalFileError, NotFound, OutOfRange)
"""What no later try can cure: the entry is set aside, and those behind it go on."""
_CURABLE_REASONS = (*CURABLE_REASONS, "CHUNKS_MISSING", "LEASE_ENDED", "LEASE_HELD")
"""Also what an upload comes to that took a rest of its own, since the machine was put to sleep: another one begins
anew."""

_log = logging.getLogger("modelbox")


@dataclass(frozen=True)
class SendReport:
    """What was done with a spool."""

    sent: int
    """Checkpoints, and batches of metrics and of events."""
    set_aside: int
    """What can never be sent: kept in folders called `set-aside`, each with the reason in `why.txt`."""
    waiting: int
    """What still waits, for example because its run is being trained elsewhere, or another process sends it."""


class Sender:
    """Sends what waits, in order for each experiment, each thing once.

    Only one sender of the machine is at an experiment at a time. What was sent although nobody heard of it, because the
    connection broke or a process died, is recognised by its request id for 24 hours, checkpoints for ever.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._connection = spool.connection.impatient(
            timeout_seconds=_TIMEOUT_SECONDS,
            max_attempts=_ATTEMPTS,
            transfer_patience_seconds=_PATIENCE_SECONDS,
        )

    def send(
        self,
        experiment_id: str | None = None,
        *,
        wait_seconds: float | None = 0.0,
        should_end: Callable[[], bool] = lambda: False,
    ) -> SendReport:
        """Sends what waits for an experiment, or for all of the server.

        Raises at once when the server is away, and otherwise at the end, what kept something from being sent that may
        be sent later: a wrong token, a full server. `wait_seconds` is how long it waits for another sender,
        `None` for as long as that takes. `should_end` is asked between the entries.
        """
        chosen = self.spool.experiment_ids() if experiment_id is None else [experiment_id]
        sent = set_aside = 0
        refused: ModelBoxError | None = None
        for one in chosen:
            try:
                counts = self._send_experiment(one, wait_seconds, should_end)
            except (Unavailable, DeadlineExceeded):
                raise
            except ModelBoxError as error:
                refused = refused or error
                continue
            sent, set_aside = sent + counts[0], set_aside + counts[1]
        if refused is not None:
            raise refused
        return SendReport(sent, set_aside, sum(len(entries_of(self.spool.folder_of(one))) for one in chosen))

    def _send_experiment(
        self, experiment_id: str, wait_seconds: float | None, should_end: Callable[[], bool]
    ) -> tuple[int, int]:
        folder = self.spool.folder_of(experiment_id)
        sent = set_aside = 0
        if not entries_of(folder) or self.spool.is_trained_elsewhere(experiment_id):
            return sent, set_aside
        with file_lock(folder / "sender.lock", wait_seconds=wait_seconds, should_end=should_end) as has_lock:
            if not has_lock:
                return sent, set_aside
            book = BookFence(self.spool, self._connection, experiment_id)
            try:
                for entry in _in_order(folder, should_end):
                    fence = self.spool.fence_of(experiment_id) or book
                    outcome = self._send(entry, fence)
                    sent += outcome == "sent"
                    set_aside += outcome == "set aside"
            except RunHeld as held:
                _log.warning("What waits for experiment %s waits on: %s", experiment_id, held)
            finally:
                book.close()
                set_aside += book.set_aside
        return sent, set_aside

    def _send(self, entry: Entry, fence: RunFencing) -> Literal["sent", "set aside", "gone"]:
        """Sends an entry and removes it; sets it aside when that can never be."""
        try:
            call = entry.read()
            send_call(self._connection, call, fence if call.is_fenced else FixedFence(None))
        except FileNotFoundError:
            # It gave way to a newer checkpoint just now.
            return "gone"
        except RunTakenOver as error:
            if self.spool.fence_of(entry.path.parent.name) is not None:
                raise RunHeld(str(error)) from error
            return "gone"
        except ModelBoxError as error:
            if error.reason == "REQUEST_ID_REUSED":
                # An earlier try came through, with the fence of an earlier lease.
                _log.info("%s had been sent before.", entry.path.name)
            elif not entry.path.exists():
                return "gone"
            elif isinstance(error, Aborted) and error.reason == FENCED_REASON:
                raise RunHeld(str(error)) from error
            elif _is_hopeless(error):
                self.spool.set_aside(entry, str(error))
                return "set aside"
            else:
                raise
        self.spool.remove(entry)
        return "sent"


def _in_order(folder: Path, should_end: Callable[[], bool]) -> Generator[Entry]:
    """What waits, and what comes meanwhile. A folder that is listed for each entry takes hours after a long outage."""
    while entries := entries_of(folder):
        for entry in entries:
            if should_end():
                return
            yield entry


def send_call(connection: Connection, call: StoredCall, fence: RunFencing) -> None:
    """Makes a call that waited."""
    request = call.request
    if isinstance(request, CreateCheckpointRequest):
        commit_checkpoint(connection, call.namespace_id, request, call.files or None, fence=fence)
    elif isinstance(request, LogMetricsRequest):
        log_metrics(connection, request, fence)
    else:
        log_events(connection, request, fence)


def _is_hopeless(error: ModelBoxError) -> bool:
    if isinstance(error, FailedPrecondition):
        return error.reason not in _CURABLE_REASONS
    return isinstance(error, _HOPELESS)
