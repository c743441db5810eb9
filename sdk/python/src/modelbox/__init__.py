"""Log, store and restore training runs and models with ModelBox."""

from modelbox.client import ModelBox
from modelbox.errors import (
    Aborted,
    AlreadyExists,
    Canceled,
    ConnectionFailed,
    CorruptData,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    FieldViolation,
    InternalError,
    InvalidArgument,
    InvalidInput,
    LocalFileError,
    ModelBoxError,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    SettingsError,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    UnknownError,
)
from modelbox.version import VERSION

__version__ = VERSION

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Canceled",
    "ConnectionFailed",
    "CorruptData",
    "DataLoss",
    "DeadlineExceeded",
    "FailedPrecondition",
    "FieldViolation",
    "InternalError",
    "InvalidArgument",
    "InvalidInput",
    "LocalFileError",
    "ModelBox",
    "ModelBoxError",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "SettingsError",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "UnknownError",
    "__version__",
]
