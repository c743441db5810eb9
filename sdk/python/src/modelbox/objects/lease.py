"""Leases: time-limited holds that are renewed in the background while they are in use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from modelbox._gen import lease_service_pb2 as pb
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.methods import LeaseService
from modelbox.connection import Connection
from modelbox.errors import FailedPrecondition, ModelBoxError
from modelbox.holder import holder_name
from modelbox.objects.base import ServerObject
from modelbox.objects.decode import decode, decodes
from modelbox.objects.values import to_duration
from modelbox.transfer.lease_keeper import LeaseKeeper

DEFAULT_TTL_SECONDS = 60.0
_LONGEST_POLL_SECONDS = 1.0


@decodes(pb.Lease)
@dataclass(frozen=True, kw_only=True)
class Lease:
    """A time-limited hold, as it was when it was read."""

    id: str
    """UUIDv7; never changes."""
    kind: str
    """`upload`, `restore` or `run`."""
    object_kind: str
    object_id: str
    """What it holds; for an upload, the namespace."""
    namespace_id: str
    holder: str
    """Who holds it."""
    fencing_number: int
    """Grows with every run lease of an object."""
    previous_writer: int
    """Of a run lease: the highest fencing number before it with which anything was written, 0 when nothing was."""
    created_at: datetime
    expires_at: datetime
    """When it ends if it is not renewed."""
    ttl_seconds: float = field(metadata={"message": "ttl"})
    """How long each renewal lasts."""
    _connection: Connection = field(repr=False, compare=False)

    def refresh(self) -> Lease:
        """The lease as it is now."""
        answer = self._connection.call(LeaseService.GetLease, pb.GetLeaseRequest(lease_id=self.id))
        return decode(Lease, answer.lease, self._connection)


class HeldLease:
    """A lease that a thread of this process renews until `release`, or the end of a `with`.

    A child of a fork does not hold it.
    """

    def __init__(self, connection: Connection, message: pb.Lease) -> None:
        self.lease = decode(Lease, message, connection)
        """As it was when it was taken."""
        self.lost: ModelBoxError | None = None
        """Why it ended before it was released, for example because another trainer took it over; else `None`."""
        self._keeper = LeaseKeeper(connection, message, gives_back=True, on_lost=self._on_lost)

    @property
    def fencing_number(self) -> int:
        """Of a run lease: greater than those of all trainers before."""
        return self.lease.fencing_number

    def fence(self) -> RunFence:
        """What writes carry to prove that this is still the one that trains."""
        return fence_of(self.lease)

    def release(self) -> None:
        """Ends the lease. Again, or in a child of a fork, it does nothing."""
        self._keeper.close()

    def __enter__(self) -> HeldLease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _on_lost(self, error: ModelBoxError) -> None:
        self.lost = error


def fence_of(lease: Lease | pb.Lease) -> RunFence:
    """What writes carry to prove that they are of the holder of a run lease."""
    return RunFence(lease_id=lease.id, fencing_number=lease.fencing_number)


class Holdable(ServerObject):
    """An object that can be kept from being deleted."""

    def hold(self, *, holder: str = "", ttl_seconds: float = DEFAULT_TTL_SECONDS) -> HeldLease:
        """Keeps it from being deleted until the lease is released; many may hold it at once.

        `ttl_seconds`, 10 to 86,400, is how long it lasts when this process dies.
        """
        lease = acquire(
            self._connection, pb.LEASE_KIND_RESTORE, self.reference, holder=holder, ttl_seconds=ttl_seconds
        )
        return HeldLease(self._connection, lease)


def acquire(
    connection: Connection,
    kind: pb.LeaseKind,
    reference: str,
    *,
    holder: str = "",
    ttl_seconds: float = DEFAULT_TTL_SECONDS,
    take_over: bool = False,
    wait_seconds: float = 0.0,
) -> pb.Lease:
    """Takes a lease; for `wait_seconds` it waits for another holder's to end, then raises `FailedPrecondition`."""
    request = pb.AcquireLeaseRequest(
        kind=kind,
        object=reference,
        holder=holder or holder_name(),
        ttl=to_duration(ttl_seconds),
        take_over=take_over,
    )
    ends_at = time.monotonic() + wait_seconds
    while True:
        try:
            return connection.call(LeaseService.AcquireLease, request).lease
        except FailedPrecondition as error:
            left = ends_at - time.monotonic()
            if error.reason != "LEASE_HELD" or left <= 0:
                raise
            time.sleep(min(left, _LONGEST_POLL_SECONDS))
