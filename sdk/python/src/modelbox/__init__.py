"""Log, store and restore training runs and models with ModelBox."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    RunHeld,
    RunTakenOver,
    SettingsError,
    SpoolFull,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    UnknownError,
)
from modelbox.version import VERSION

if TYPE_CHECKING:
    from modelbox.client import ModelBox
    from modelbox.objects import (
        Artifact,
        Change,
        Checkpoint,
        Event,
        Experiment,
        File,
        HeldLease,
        Lease,
        Lineage,
        LineageEdge,
        LineageNode,
        Listing,
        MetricPoint,
        MetricSeries,
        Model,
        ModelVersion,
        Namespace,
        NamespaceStorage,
        ObjectStorage,
        Run,
        ServerInfo,
        ServerStorage,
        TagAssignment,
        TrackedFile,
        UniqueTag,
        Watch,
    )
    from modelbox.resume import ResumableTraining, TrainingRun, resumable
    from modelbox.usage import log_usage

__version__ = VERSION

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Artifact",
    "Canceled",
    "Change",
    "Checkpoint",
    "ConnectionFailed",
    "CorruptData",
    "DataLoss",
    "DeadlineExceeded",
    "Event",
    "Experiment",
    "FailedPrecondition",
    "FieldViolation",
    "File",
    "HeldLease",
    "InternalError",
    "InvalidArgument",
    "InvalidInput",
    "Lease",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "Listing",
    "LocalFileError",
    "MetricPoint",
    "MetricSeries",
    "Model",
    "ModelBox",
    "ModelBoxError",
    "ModelVersion",
    "Namespace",
    "NamespaceStorage",
    "NotFound",
    "ObjectStorage",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "ResumableTraining",
    "Run",
    "RunHeld",
    "RunTakenOver",
    "ServerInfo",
    "ServerStorage",
    "SettingsError",
    "SpoolFull",
    "TagAssignment",
    "TrackedFile",
    "TrainingRun",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "UniqueTag",
    "UnknownError",
    "Watch",
    "__version__",
    "log_usage",
    "resumable",
]

_MODULES = {
    "ModelBox": "modelbox.client",
    "ResumableTraining": "modelbox.resume",
    "TrainingRun": "modelbox.resume",
    "log_usage": "modelbox.usage",
    "resumable": "modelbox.resume",
}
"""Where names are that are not in `modelbox.objects`."""


def __getattr__(name: str) -> Any:
    # Programs that only might use this package shall not wait for what it takes to talk to a server.
    if name not in __all__:
        raise AttributeError(f"module 'modelbox' has no attribute '{name}'")
    module = import_module(_MODULES.get(name, "modelbox.objects"))
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
