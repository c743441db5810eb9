from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "revision", "roles", "blob_addrs", "grpc_addr", "limits", "time", "direct_transfer")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    BLOB_ADDRS_FIELD_NUMBER: _ClassVar[int]
    GRPC_ADDR_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    DIRECT_TRANSFER_FIELD_NUMBER: _ClassVar[int]
    version: str
    revision: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    blob_addrs: _containers.RepeatedScalarFieldContainer[str]
    grpc_addr: str
    limits: Limits
    time: _timestamp_pb2.Timestamp
    direct_transfer: bool
    def __init__(self, version: _Optional[str] = ..., revision: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., blob_addrs: _Optional[_Iterable[str]] = ..., grpc_addr: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., direct_transfer: bool = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_chunk_bytes", "target_chunk_bytes", "max_find_chunks", "max_page_size", "max_metric_points", "max_message_bytes", "max_files", "max_chunks", "max_pack_bytes", "max_pack_chunks", "max_packed_chunk_bytes", "max_read_files", "max_read_files_bytes")
    MAX_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    TARGET_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_FIND_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    MAX_PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_METRIC_POINTS_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_FILES_FIELD_NUMBER: _ClassVar[int]
    MAX_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    MAX_PACK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PACK_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    MAX_PACKED_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_READ_FILES_FIELD_NUMBER: _ClassVar[int]
    MAX_READ_FILES_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_chunk_bytes: int
    target_chunk_bytes: int
    max_find_chunks: int
    max_page_size: int
    max_metric_points: int
    max_message_bytes: int
    max_files: int
    max_chunks: int
    max_pack_bytes: int
    max_pack_chunks: int
    max_packed_chunk_bytes: int
    max_read_files: int
    max_read_files_bytes: int
    def __init__(self, max_chunk_bytes: _Optional[int] = ..., target_chunk_bytes: _Optional[int] = ..., max_find_chunks: _Optional[int] = ..., max_page_size: _Optional[int] = ..., max_metric_points: _Optional[int] = ..., max_message_bytes: _Optional[int] = ..., max_files: _Optional[int] = ..., max_chunks: _Optional[int] = ..., max_pack_bytes: _Optional[int] = ..., max_pack_chunks: _Optional[int] = ..., max_packed_chunk_bytes: _Optional[int] = ..., max_read_files: _Optional[int] = ..., max_read_files_bytes: _Optional[int] = ...) -> None: ...
