from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECT_KIND_UNSPECIFIED: _ClassVar[ObjectKind]
    OBJECT_KIND_NAMESPACE: _ClassVar[ObjectKind]
    OBJECT_KIND_EXPERIMENT: _ClassVar[ObjectKind]
    OBJECT_KIND_CHECKPOINT: _ClassVar[ObjectKind]
    OBJECT_KIND_MODEL: _ClassVar[ObjectKind]
    OBJECT_KIND_VERSION: _ClassVar[ObjectKind]
    OBJECT_KIND_ARTIFACT: _ClassVar[ObjectKind]
OBJECT_KIND_UNSPECIFIED: ObjectKind
OBJECT_KIND_NAMESPACE: ObjectKind
OBJECT_KIND_EXPERIMENT: ObjectKind
OBJECT_KIND_CHECKPOINT: ObjectKind
OBJECT_KIND_MODEL: ObjectKind
OBJECT_KIND_VERSION: ObjectKind
OBJECT_KIND_ARTIFACT: ObjectKind

class MetricValue(_message.Message):
    __slots__ = ("number", "text", "data")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    number: float
    text: str
    data: bytes
    def __init__(self, number: _Optional[float] = ..., text: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class MetricPoint(_message.Message):
    __slots__ = ("key", "step", "wall_time", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    WALL_TIME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    step: int
    wall_time: _timestamp_pb2.Timestamp
    value: MetricValue
    def __init__(self, key: _Optional[str] = ..., step: _Optional[int] = ..., wall_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., value: _Optional[_Union[MetricValue, _Mapping]] = ...) -> None: ...

class UniqueTag(_message.Message):
    __slots__ = ("name", "set_at")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SET_AT_FIELD_NUMBER: _ClassVar[int]
    name: str
    set_at: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., set_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RunFence(_message.Message):
    __slots__ = ("lease_id", "fencing_number")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    FENCING_NUMBER_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    fencing_number: int
    def __init__(self, lease_id: _Optional[str] = ..., fencing_number: _Optional[int] = ...) -> None: ...
