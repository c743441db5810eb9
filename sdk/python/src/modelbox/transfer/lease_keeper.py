"""Keeps a lease alive."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import TracebackType

from modelbox._gen.lease_service_pb2 import Lease, ReleaseLeaseRequest, RenewLeaseRequest
from modelbox._gen.methods import LeaseService
from modelbox.connection import Connection
from modelbox.errors import DeadlineExceeded, ModelBoxError, Unavailable

_RENEWALS_PER_TTL = 3
"""So that a lost one or two do no harm."""
_DEFAULT_TTL_SECONDS = 60.0
_RELEASE_TIMEOUT_SECONDS = 5.0


class LeaseKeeper:
    """Renews a lease in a thread until it is closed, and gives it back then if that is wanted.

    An upload's lease is to expire by itself: what was sent under it is known as long as it has not been given back, so
    the next try goes on from there.
    """

    def __init__(
        self,
        connection: Connection,
        lease: Lease,
        *,
        gives_back: bool,
        on_lost: Callable[[ModelBoxError], None] = lambda _error: None,
    ) -> None:
        """`on_lost` is called from the thread when the server says that the lease has ended."""
        self.id = lease.id
        self._connection = connection
        self._gives_back = gives_back
        self._on_lost = on_lost
        ttl = lease.ttl.seconds + lease.ttl.nanos / 1e9 if lease.HasField("ttl") else _DEFAULT_TTL_SECONDS
        self._pause_seconds = ttl / _RENEWALS_PER_TTL
        self._process_id = os.getpid()
        self._closed = threading.Event()
        # A daemon: a program that ends with an upload that nobody committed is not to wait for it.
        self._thread = threading.Thread(target=self._renew, name="modelbox-lease", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the renewals. Closing it again does nothing, and so does a forked child, to which it does not belong."""
        if self._closed.is_set() or self._process_id != os.getpid():
            return
        self._closed.set()
        if not self._gives_back:
            return
        try:
            request = ReleaseLeaseRequest(lease_id=self.id)
            self._connection.call(
                LeaseService.ReleaseLease, request, timeout_seconds=_RELEASE_TIMEOUT_SECONDS
            )
        except ModelBoxError:
            # It ends by itself soon; what went wrong before is what the user must hear of.
            pass

    def __enter__(self) -> LeaseKeeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _renew(self) -> None:
        while not self._closed.wait(self._pause_seconds):
            try:
                self._connection.call(LeaseService.RenewLease, RenewLeaseRequest(lease_id=self.id))
            except (Unavailable, DeadlineExceeded):
                # While the server can't be reached the lease may still live: whoever uses it finds out.
                continue
            except ModelBoxError as error:
                if not self._closed.is_set():
                    self._on_lost(error)
                return
