from google.protobuf import timestamp_pb2 as _timestamp_pb2
from modelbox._gen import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NamespaceStorage(_message.Message):
    __slots__ = ("namespace_id", "name", "quota_bytes", "reserved_bytes", "file_count", "logical_bytes", "chunk_count", "distinct_bytes", "stored_bytes", "saved_by_reuse_bytes", "saved_by_encoding_bytes", "measured_at")
    NAMESPACE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUOTA_BYTES_FIELD_NUMBER: _ClassVar[int]
    RESERVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_BYTES_FIELD_NUMBER: _ClassVar[int]
    STORED_BYTES_FIELD_NUMBER: _ClassVar[int]
    SAVED_BY_REUSE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SAVED_BY_ENCODING_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_AT_FIELD_NUMBER: _ClassVar[int]
    namespace_id: str
    name: str
    quota_bytes: int
    reserved_bytes: int
    file_count: int
    logical_bytes: int
    chunk_count: int
    distinct_bytes: int
    stored_bytes: int
    saved_by_reuse_bytes: int
    saved_by_encoding_bytes: int
    measured_at: _timestamp_pb2.Timestamp
    def __init__(self, namespace_id: _Optional[str] = ..., name: _Optional[str] = ..., quota_bytes: _Optional[int] = ..., reserved_bytes: _Optional[int] = ..., file_count: _Optional[int] = ..., logical_bytes: _Optional[int] = ..., chunk_count: _Optional[int] = ..., distinct_bytes: _Optional[int] = ..., stored_bytes: _Optional[int] = ..., saved_by_reuse_bytes: _Optional[int] = ..., saved_by_encoding_bytes: _Optional[int] = ..., measured_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ServerStorage(_message.Message):
    __slots__ = ("file_count", "logical_bytes", "chunk_count", "distinct_bytes", "stored_bytes", "saved_by_reuse_bytes", "saved_by_encoding_bytes", "unused_bytes", "condemned_bytes", "dead_pack_bytes", "doomed_bytes", "total_bytes", "measured_at")
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    CHUNK_COUNT_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_BYTES_FIELD_NUMBER: _ClassVar[int]
    STORED_BYTES_FIELD_NUMBER: _ClassVar[int]
    SAVED_BY_REUSE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SAVED_BY_ENCODING_BYTES_FIELD_NUMBER: _ClassVar[int]
    UNUSED_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONDEMNED_BYTES_FIELD_NUMBER: _ClassVar[int]
    DEAD_PACK_BYTES_FIELD_NUMBER: _ClassVar[int]
    DOOMED_BYTES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEASURED_AT_FIELD_NUMBER: _ClassVar[int]
    file_count: int
    logical_bytes: int
    chunk_count: int
    distinct_bytes: int
    stored_bytes: int
    saved_by_reuse_bytes: int
    saved_by_encoding_bytes: int
    unused_bytes: int
    condemned_bytes: int
    dead_pack_bytes: int
    doomed_bytes: int
    total_bytes: int
    measured_at: _timestamp_pb2.Timestamp
    def __init__(self, file_count: _Optional[int] = ..., logical_bytes: _Optional[int] = ..., chunk_count: _Optional[int] = ..., distinct_bytes: _Optional[int] = ..., stored_bytes: _Optional[int] = ..., saved_by_reuse_bytes: _Optional[int] = ..., saved_by_encoding_bytes: _Optional[int] = ..., unused_bytes: _Optional[int] = ..., condemned_bytes: _Optional[int] = ..., dead_pack_bytes: _Optional[int] = ..., doomed_bytes: _Optional[int] = ..., total_bytes: _Optional[int] = ..., measured_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ObjectStorage(_message.Message):
    __slots__ = ("object_kind", "object_id", "object_path", "file_count", "logical_bytes", "distinct_bytes", "exclusive_bytes", "shared_bytes")
    OBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_PATH_FIELD_NUMBER: _ClassVar[int]
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_BYTES_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIVE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHARED_BYTES_FIELD_NUMBER: _ClassVar[int]
    object_kind: _common_pb2.ObjectKind
    object_id: str
    object_path: str
    file_count: int
    logical_bytes: int
    distinct_bytes: int
    exclusive_bytes: int
    shared_bytes: int
    def __init__(self, object_kind: _Optional[_Union[_common_pb2.ObjectKind, str]] = ..., object_id: _Optional[str] = ..., object_path: _Optional[str] = ..., file_count: _Optional[int] = ..., logical_bytes: _Optional[int] = ..., distinct_bytes: _Optional[int] = ..., exclusive_bytes: _Optional[int] = ..., shared_bytes: _Optional[int] = ...) -> None: ...

class GetNamespaceStorageRequest(_message.Message):
    __slots__ = ("namespace",)
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    def __init__(self, namespace: _Optional[str] = ...) -> None: ...

class GetNamespaceStorageResponse(_message.Message):
    __slots__ = ("storage",)
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    storage: NamespaceStorage
    def __init__(self, storage: _Optional[_Union[NamespaceStorage, _Mapping]] = ...) -> None: ...

class ListNamespaceStorageRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNamespaceStorageResponse(_message.Message):
    __slots__ = ("namespaces", "next_page_token", "server")
    NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    namespaces: _containers.RepeatedCompositeFieldContainer[NamespaceStorage]
    next_page_token: str
    server: ServerStorage
    def __init__(self, namespaces: _Optional[_Iterable[_Union[NamespaceStorage, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., server: _Optional[_Union[ServerStorage, _Mapping]] = ...) -> None: ...

class ListObjectStorageRequest(_message.Message):
    __slots__ = ("namespace", "page_size", "page_token")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    page_size: int
    page_token: str
    def __init__(self, namespace: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListObjectStorageResponse(_message.Message):
    __slots__ = ("objects", "next_page_token", "namespace")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectStorage]
    next_page_token: str
    namespace: NamespaceStorage
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectStorage, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., namespace: _Optional[_Union[NamespaceStorage, _Mapping]] = ...) -> None: ...
