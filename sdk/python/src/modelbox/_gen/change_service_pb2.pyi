from google.protobuf import timestamp_pb2 as _timestamp_pb2
from modelbox._gen import artifact_service_pb2 as _artifact_service_pb2
from modelbox._gen import checkpoint_service_pb2 as _checkpoint_service_pb2
from modelbox._gen import common_pb2 as _common_pb2
from modelbox._gen import event_service_pb2 as _event_service_pb2
from modelbox._gen import experiment_service_pb2 as _experiment_service_pb2
from modelbox._gen import lease_service_pb2 as _lease_service_pb2
from modelbox._gen import lineage_service_pb2 as _lineage_service_pb2
from modelbox._gen import model_service_pb2 as _model_service_pb2
from modelbox._gen import model_version_service_pb2 as _model_version_service_pb2
from modelbox._gen import namespace_service_pb2 as _namespace_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangeAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_ACTION_UNSPECIFIED: _ClassVar[ChangeAction]
    CHANGE_ACTION_CREATED: _ClassVar[ChangeAction]
    CHANGE_ACTION_UPDATED: _ClassVar[ChangeAction]
    CHANGE_ACTION_DELETED: _ClassVar[ChangeAction]
    CHANGE_ACTION_TAG_SET: _ClassVar[ChangeAction]
    CHANGE_ACTION_TAG_REMOVED: _ClassVar[ChangeAction]
    CHANGE_ACTION_EVENT_LOGGED: _ClassVar[ChangeAction]
    CHANGE_ACTION_LINKED: _ClassVar[ChangeAction]
    CHANGE_ACTION_UNLINKED: _ClassVar[ChangeAction]
    CHANGE_ACTION_LEASE_ACQUIRED: _ClassVar[ChangeAction]
    CHANGE_ACTION_LEASE_RELEASED: _ClassVar[ChangeAction]
CHANGE_ACTION_UNSPECIFIED: ChangeAction
CHANGE_ACTION_CREATED: ChangeAction
CHANGE_ACTION_UPDATED: ChangeAction
CHANGE_ACTION_DELETED: ChangeAction
CHANGE_ACTION_TAG_SET: ChangeAction
CHANGE_ACTION_TAG_REMOVED: ChangeAction
CHANGE_ACTION_EVENT_LOGGED: ChangeAction
CHANGE_ACTION_LINKED: ChangeAction
CHANGE_ACTION_UNLINKED: ChangeAction
CHANGE_ACTION_LEASE_ACQUIRED: ChangeAction
CHANGE_ACTION_LEASE_RELEASED: ChangeAction

class Change(_message.Message):
    __slots__ = ("namespace_id", "sequence", "kind", "object_id", "object_path", "action", "actor", "time", "namespace", "experiment", "checkpoint", "model", "version", "artifact", "tag", "event", "edge", "lease")
    NAMESPACE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_PATH_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    EDGE_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    namespace_id: str
    sequence: int
    kind: _common_pb2.ObjectKind
    object_id: str
    object_path: str
    action: ChangeAction
    actor: str
    time: _timestamp_pb2.Timestamp
    namespace: _namespace_service_pb2.Namespace
    experiment: _experiment_service_pb2.Experiment
    checkpoint: _checkpoint_service_pb2.Checkpoint
    model: _model_service_pb2.Model
    version: _model_version_service_pb2.ModelVersion
    artifact: _artifact_service_pb2.Artifact
    tag: _model_version_service_pb2.TagAssignment
    event: _event_service_pb2.Event
    edge: _lineage_service_pb2.LineageEdge
    lease: _lease_service_pb2.Lease
    def __init__(self, namespace_id: _Optional[str] = ..., sequence: _Optional[int] = ..., kind: _Optional[_Union[_common_pb2.ObjectKind, str]] = ..., object_id: _Optional[str] = ..., object_path: _Optional[str] = ..., action: _Optional[_Union[ChangeAction, str]] = ..., actor: _Optional[str] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., namespace: _Optional[_Union[_namespace_service_pb2.Namespace, _Mapping]] = ..., experiment: _Optional[_Union[_experiment_service_pb2.Experiment, _Mapping]] = ..., checkpoint: _Optional[_Union[_checkpoint_service_pb2.Checkpoint, _Mapping]] = ..., model: _Optional[_Union[_model_service_pb2.Model, _Mapping]] = ..., version: _Optional[_Union[_model_version_service_pb2.ModelVersion, _Mapping]] = ..., artifact: _Optional[_Union[_artifact_service_pb2.Artifact, _Mapping]] = ..., tag: _Optional[_Union[_model_version_service_pb2.TagAssignment, _Mapping]] = ..., event: _Optional[_Union[_event_service_pb2.Event, _Mapping]] = ..., edge: _Optional[_Union[_lineage_service_pb2.LineageEdge, _Mapping]] = ..., lease: _Optional[_Union[_lease_service_pb2.Lease, _Mapping]] = ...) -> None: ...

class ListChangesRequest(_message.Message):
    __slots__ = ("namespace", "after_sequence", "kinds", "page_size", "page_token")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    after_sequence: int
    kinds: _containers.RepeatedScalarFieldContainer[_common_pb2.ObjectKind]
    page_size: int
    page_token: str
    def __init__(self, namespace: _Optional[str] = ..., after_sequence: _Optional[int] = ..., kinds: _Optional[_Iterable[_Union[_common_pb2.ObjectKind, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListChangesResponse(_message.Message):
    __slots__ = ("changes", "next_page_token", "last_sequence")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    next_page_token: str
    last_sequence: int
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ("namespace", "after_sequence", "kinds")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    after_sequence: int
    kinds: _containers.RepeatedScalarFieldContainer[_common_pb2.ObjectKind]
    def __init__(self, namespace: _Optional[str] = ..., after_sequence: _Optional[int] = ..., kinds: _Optional[_Iterable[_Union[_common_pb2.ObjectKind, str]]] = ...) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("change", "sequence")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    change: Change
    sequence: int
    def __init__(self, change: _Optional[_Union[Change, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...
