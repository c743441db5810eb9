"""The run lease under which a spool is sent when its trainer is gone."""

from __future__ import annotations

from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.lease_service_pb2 import LEASE_KIND_RUN
from modelbox.connection import Connection
from modelbox.errors import Aborted, FailedPrecondition, RunHeld, RunTakenOver
from modelbox.holder import SENDER_MARK, holder_name
from modelbox.objects.lease import DEFAULT_TTL_SECONDS, HeldLease, acquire
from modelbox.spool.spool import Spool


class BookFence:
    """A fence for what waits for an experiment (see `RunFencing`): the trainer's own lease as long as it lives, then
    one that is taken for the purpose, if nobody else has trained since."""

    def __init__(self, spool: Spool, connection: Connection, experiment_id: str) -> None:
        self._spool = spool
        self._connection = connection
        self._experiment_id = experiment_id
        self._lease: HeldLease | None = None
        self.set_aside = 0
        """How many entries were set aside, since somebody else had trained."""

    def current(self) -> RunFence | None:
        if self._lease is None:
            return self._spool.book_of(self._experiment_id)
        if self._lease.lost is not None:
            raise RunHeld(f"A trainer took the run over while its spool was sent: {self._lease.lost}")
        return self._lease.fence()

    def renew_after(self, error: Aborted, used: RunFence | None) -> bool:
        """Raises `RunHeld` when somebody trains now, and `RunTakenOver` when somebody has trained since."""
        if self._lease is not None:
            raise RunHeld(f"A trainer took the run over while its spool was sent: {error}")
        try:
            lease = acquire(
                self._connection,
                LEASE_KIND_RUN,
                f"experiment:{self._experiment_id}",
                holder=f"{holder_name()} {SENDER_MARK}",
                ttl_seconds=DEFAULT_TTL_SECONDS,
            )
        except FailedPrecondition as refused:
            if refused.reason != "LEASE_HELD":
                raise
            raise RunHeld(str(refused), reason=refused.reason, metadata=refused.metadata) from refused
        self._lease = HeldLease(self._connection, lease)
        self.set_aside = self._spool.adopt(self._experiment_id, lease)
        if self.set_aside:
            raise RunTakenOver("Another trainer has gone on with the run since.")
        return True

    def close(self) -> None:
        """Gives the lease back, if one was taken."""
        if self._lease is not None:
            self._lease.release()
