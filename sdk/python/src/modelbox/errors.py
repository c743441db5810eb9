"""What goes wrong, one class for each kind. All are `ModelBoxError`; the message is a sentence that says what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldViolation:
    """One field of a request that the server refused."""

    field: str
    """Path of the field in the request, for example `files[3].path`."""
    description: str
    """What is wrong with it, and what would be right."""


class ModelBoxError(Exception):
    """Everything that this package raises on purpose."""

    code: ClassVar[str] = "unknown"
    """The code of the API, for example `not_found`; the package's own kinds have names of their own."""

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        field_violations: Sequence[FieldViolation] = (),
        request_id: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        """A constant for programs, for example `CHUNKS_MISSING`; empty when there is none."""
        self.metadata: Mapping[str, str] = MappingProxyType(dict(metadata or {}))
        """Facts that belong to the reason."""
        self.field_violations = tuple(field_violations)
        """Which fields of the request were wrong."""
        self.request_id = request_id
        """Finds the call in the server's log; empty when the server has not seen it."""
        self.retry_after_seconds = retry_after_seconds
        """How long the server asks to wait before another try; `None` when it doesn't."""

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross processes, for example from a worker of a data loader.
        state = {**self.__dict__, "metadata": dict(self.metadata)}
        return (_rebuild, (type(self), self.message, state))


def _rebuild(kind: type[ModelBoxError], message: str, state: dict[str, Any]) -> ModelBoxError:
    error = kind.__new__(kind, message)
    error.__dict__.update(state, metadata=MappingProxyType(state["metadata"]))
    return error


class Canceled(ModelBoxError):
    """The call was ended before it was done."""

    code = "canceled"


class UnknownError(ModelBoxError):
    """The server failed, and says no more."""

    code = "unknown"


class InvalidArgument(ModelBoxError):
    """The request is wrong, whatever the state of the server."""

    code = "invalid_argument"


class DeadlineExceeded(ModelBoxError):
    """The server did not finish in time."""

    code = "deadline_exceeded"


class NotFound(ModelBoxError):
    """There is no such object."""

    code = "not_found"


class AlreadyExists(ModelBoxError):
    """The name is taken by an object with other fields."""

    code = "already_exists"


class PermissionDenied(ModelBoxError):
    """The token does not allow it."""

    code = "permission_denied"


class ResourceExhausted(ModelBoxError):
    """A limit, a quota, or a full disk."""

    code = "resource_exhausted"


class FailedPrecondition(ModelBoxError):
    """Not in this state: children, tags, leases, missing chunks, a server for reading only."""

    code = "failed_precondition"


class RunHeld(FailedPrecondition):
    """Another trainer has the run, and is alive."""


class Aborted(ModelBoxError):
    """Somebody else changed the object first, or has taken the run over: read again, then decide."""

    code = "aborted"


class RunTakenOver(Aborted):
    """Another trainer has the run now: what this one writes is refused, so it should end."""


class OutOfRange(ModelBoxError):
    """Beyond the end."""

    code = "out_of_range"


class Unimplemented(ModelBoxError):
    """The server does not know the call: it is older, or much newer, than this package."""

    code = "unimplemented"


class InternalError(ModelBoxError):
    """The server's fault; its log has the request id."""

    code = "internal"


class Unavailable(ModelBoxError):
    """The server is draining, or can't be reached: another try later may succeed."""

    code = "unavailable"


class DataLoss(ModelBoxError):
    """Stored bytes fail their digest."""

    code = "data_loss"


class Unauthenticated(ModelBoxError):
    """The token is missing, unknown, revoked or expired."""

    code = "unauthenticated"


class ConnectionFailed(Unavailable):
    """The server could not be reached, did not answer in time, or is no ModelBox server."""

    def __init__(self, message: str, *, address: str, maybe_seen: bool, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.address = address
        """The address that was tried."""
        self.maybe_seen = maybe_seen
        """False when it is certain that the server has not seen the request."""
        self.is_lasting = is_lasting
        """True when another try at once would not help."""


class InvalidInput(ModelBoxError, ValueError):
    """The caller asked for something that makes no sense; nothing was sent."""

    code = "invalid_input"


class SettingsError(ModelBoxError):
    """The client's file or the environment is wrong; the message names the key."""

    code = "invalid_settings"


class LocalFileError(ModelBoxError):
    """A file or folder of this machine can't be used; nothing is wrong with the server."""

    code = "local_file"

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        """The file or folder."""


class SpoolFull(ModelBoxError):
    """What was to be sent later can't be kept: the limit of the spool is reached, or its disk is full, or fails."""

    code = "spool_full"


class CorruptData(ModelBoxError):
    """Bytes that came over the network are not those that were asked for, and asking again did not help."""

    code = "corrupt_data"


BY_CODE: Mapping[str, type[ModelBoxError]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Canceled,
            UnknownError,
            InvalidArgument,
            DeadlineExceeded,
            NotFound,
            AlreadyExists,
            PermissionDenied,
            ResourceExhausted,
            FailedPrecondition,
            Aborted,
            OutOfRange,
            Unimplemented,
            InternalError,
            Unavailable,
            DataLoss,
            Unauthenticated,
        )
    }
)
"""The class of each code that the server answers with."""
