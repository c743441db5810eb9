"""The run lease of a trainer: taken, renewed, and taken anew after it ran out."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable

from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.lease_service_pb2 import (
    LEASE_KIND_RUN,
    AcquireLeaseRequest,
    Lease,
    ReleaseLeaseRequest,
    RenewLeaseRequest,
)
from modelbox._gen.methods import LeaseService
from modelbox.errors import (
    Aborted,
    FailedPrecondition,
    InvalidInput,
    ModelBoxError,
    NotFound,
    RunHeld,
    RunTakenOver,
)
from modelbox.holder import SENDER_MARK, holder_name, is_own, life_of
from modelbox.objects.experiment import Experiment
from modelbox.objects.lease import fence_of
from modelbox.objects.values import to_duration
from modelbox.saving.save import impatient

_RENEWALS_PER_TTL = 3
"""So that a lost one or two do no harm."""
_RELEASE_TIMEOUT_SECONDS = 5.0
_FIRST_POLL_SECONDS = 0.1
_LONGEST_POLL_SECONDS = 1.0

_log = logging.getLogger("modelbox")
_numbers = itertools.count(1)
_open: set[str] = set()
"""The holders of this process that are not closed."""


class RunLease:
    """Proves that this is the trainer of an experiment (see `modelbox.saving.RunFencing`).

    A thread renews it. When it ran out, because the server could not be reached for long, it is taken anew, and is as
    good as before if nobody else had it in between. Safe in any number of threads; a child of a fork does not renew it.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        take_over: bool,
        wait_seconds: float,
        ttl_seconds: float,
        on_taken: Callable[[Lease], object] = lambda _lease: None,
    ) -> None:
        """`on_taken` is told of every lease, before anything is written with it."""
        self.holder = holder_name(f"#{next(_numbers)}")
        """Each trainer has a name of its own, so that two of one process are told apart."""
        self.lost: ModelBoxError | None = None
        """Why the run is somebody else's now."""
        self._experiment = experiment
        self._ttl_seconds = ttl_seconds
        self._connection = impatient(experiment.connection)
        self._on_taken = on_taken
        self._process_id = os.getpid()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._request: AcquireLeaseRequest | None = None
        """The call for a new lease that was not answered yet: asked again it gives the same lease."""
        # Before it has the lease: another thread must not take it for one that is closed.
        _open.add(self.holder)
        try:
            self._lease = self._take_first(take_over, wait_seconds)
        except BaseException:
            _open.discard(self.holder)
            raise
        try:
            self._on_taken(self._lease)
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._renew, name="modelbox-run", daemon=True).start()
        # After the threads that save have ended.
        atexit.register(self.close)

    def current(self) -> RunFence | None:
        """What a write carries now; raises `RunTakenOver` once the run is somebody else's."""
        if self.lost is not None:
            raise self._is_lost()
        return self._fence()

    @property
    def last(self) -> RunFence:
        """What a write carried when this was last the trainer."""
        return self._fence()

    def renew_after(self, error: Aborted, used: RunFence | None) -> bool:
        """After the server has refused `used`: takes the lease anew. Raises `RunTakenOver` when that can't be."""
        with self._lock:
            if self.lost is not None:
                raise self._is_lost()
            if used is not None and used.lease_id != self._lease.id:
                # Another thread was faster.
                return True
            if self._closed.is_set() or self._process_id != os.getpid():
                return False
            self._take_anew()
            return True

    def close(self) -> None:
        """Lets others train. Again, or in a child of a fork, it does nothing."""
        if self._closed.is_set() or self._process_id != os.getpid():
            return
        self._closed.set()
        _open.discard(self.holder)
        atexit.unregister(self.close)
        if self.lost is None:
            # If this fails, it ends by itself soon.
            with contextlib.suppress(ModelBoxError):
                self._release(self._lease.id)

    def _fence(self) -> RunFence:
        return fence_of(self._lease)

    def _take_first(self, take_over: bool, wait_seconds: float) -> Lease:
        request = self._new_request(take_over)
        ends_at, pause_seconds = time.monotonic() + wait_seconds, _FIRST_POLL_SECONDS
        while True:
            try:
                return self._connection.call(LeaseService.AcquireLease, request).lease
            except FailedPrecondition as error:
                if error.reason != "LEASE_HELD":
                    raise
                if self._end_idle(error):
                    request = self._new_request(take_over)
                    continue
                left = ends_at - time.monotonic()
                if left <= 0:
                    raise self._is_held(error) from error
            time.sleep(min(left, pause_seconds))
            pause_seconds = min(2 * pause_seconds, _LONGEST_POLL_SECONDS)
            request = self._new_request(take_over)

    def _take_anew(self) -> None:
        before = self._lease.fencing_number
        if self._request is None:
            self._request = self._new_request(take_over=False)
        try:
            lease = self._connection.call(LeaseService.AcquireLease, self._request).lease
        except FailedPrecondition as error:
            self._request = None
            if error.reason != "LEASE_HELD":
                raise
            self._lose(f'"{error.metadata.get("holder", "another trainer")}" has it now')
            raise self._is_lost() from error
        self._request = None
        if lease.previous_writer > before:
            self._release(lease.id)
            self._lose("somebody else has trained while the server could not be reached from here")
            raise self._is_lost()
        self._lease = lease
        self._on_taken(lease)
        _log.info("The run lease of %s had run out, and was taken anew.", self._experiment.path)

    def _end_idle(self, error: FailedPrecondition) -> bool:
        """Ends the lease of a trainer of this machine that is dead or closed, or that only sends a spool."""
        holder, lease_id = error.metadata.get("holder", ""), error.metadata.get("lease_id", "")
        life = life_of(holder)
        is_sender = holder.endswith(SENDER_MARK) and life == "alive"
        # Its release did not come through.
        is_closed = "#" in holder and is_own(holder) and holder not in _open
        if not lease_id or not (is_sender or is_closed or life == "gone"):
            return False
        self._release(lease_id)
        _log.info("%s was being trained by %s, which has ended.", self._experiment.path, holder)
        return True

    def _release(self, lease_id: str) -> None:
        request = ReleaseLeaseRequest(lease_id=lease_id)
        self._connection.call(LeaseService.ReleaseLease, request, timeout_seconds=_RELEASE_TIMEOUT_SECONDS)

    def _new_request(self, take_over: bool) -> AcquireLeaseRequest:
        return AcquireLeaseRequest(
            kind=LEASE_KIND_RUN,
            object=self._experiment.reference,
            holder=self.holder,
            ttl=to_duration(self._ttl_seconds),
            take_over=take_over,
            request_id=str(uuid.uuid4()),
        )

    def _renew(self) -> None:
        told = ""
        while not self._closed.wait(self._ttl_seconds / _RENEWALS_PER_TTL):
            used = self._fence()
            try:
                try:
                    self._connection.call(LeaseService.RenewLease, RenewLeaseRequest(lease_id=used.lease_id))
                except (FailedPrecondition, NotFound) as error:
                    self.renew_after(Aborted(error.message), used)
            except RunTakenOver:
                return
            except ModelBoxError as error:
                # The lease may still live, and if not, writes go to the spool, or fail and say so.
                if told != str(error) and not self._closed.is_set():
                    _log.warning("The run lease of %s can't be renewed: %s", self._experiment.path, error)
                    told = str(error)
                continue
            told = ""

    def _is_held(self, error: FailedPrecondition) -> RunHeld:
        holder = error.metadata.get("holder", "")
        if is_own(holder):
            advice = (
                "It is another one of this very process: close it first, or take over with take_over=True."
            )
        else:
            advice = "End it, wait for its end with wait_seconds, or take over with take_over=True."
        return RunHeld(
            f"{error.message.partition(';')[0]}. {advice}",
            reason=error.reason,
            metadata=error.metadata,
            request_id=error.request_id,
        )

    def _lose(self, why: str) -> None:
        self.lost = RunTakenOver(
            f"The run of {self._experiment.path} is no longer this trainer's: {why}. What it saves and logs from now "
            "on is refused; end it.",
            reason="FENCED",
        )
        _log.error("%s", self.lost)

    def _is_lost(self) -> RunTakenOver:
        """A new one each time: an exception that is raised by several threads gathers all their traces."""
        return RunTakenOver(str(self.lost), reason="FENCED")


def check_ttl(ttl_seconds: float) -> None:
    """Raises `InvalidInput` for what the server would not take."""
    if not 10 <= ttl_seconds <= 86_400:
        raise InvalidInput(f"ttl_seconds is from 10 to 86,400, not {ttl_seconds:g}.")
