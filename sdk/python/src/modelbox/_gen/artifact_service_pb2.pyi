from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from modelbox._gen import common_pb2 as _common_pb2
from modelbox._gen import lease_service_pb2 as _lease_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DigestState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIGEST_STATE_UNSPECIFIED: _ClassVar[DigestState]
    DIGEST_STATE_VERIFIED: _ClassVar[DigestState]
    DIGEST_STATE_PENDING: _ClassVar[DigestState]
    DIGEST_STATE_MISMATCH: _ClassVar[DigestState]
    DIGEST_STATE_UNCHECKED: _ClassVar[DigestState]
DIGEST_STATE_UNSPECIFIED: DigestState
DIGEST_STATE_VERIFIED: DigestState
DIGEST_STATE_PENDING: DigestState
DIGEST_STATE_MISMATCH: DigestState
DIGEST_STATE_UNCHECKED: DigestState

class Artifact(_message.Message):
    __slots__ = ("id", "namespace_id", "object_kind", "object_id", "object_path", "name", "file_count", "size_bytes", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OBJECT_PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    namespace_id: str
    object_kind: _common_pb2.ObjectKind
    object_id: str
    object_path: str
    name: str
    file_count: int
    size_bytes: int
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., namespace_id: _Optional[str] = ..., object_kind: _Optional[_Union[_common_pb2.ObjectKind, str]] = ..., object_id: _Optional[str] = ..., object_path: _Optional[str] = ..., name: _Optional[str] = ..., file_count: _Optional[int] = ..., size_bytes: _Optional[int] = ..., created_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("id", "artifact_id", "path", "size_bytes", "sha256", "uri", "digest_state")
    ID_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    DIGEST_STATE_FIELD_NUMBER: _ClassVar[int]
    id: str
    artifact_id: str
    path: str
    size_bytes: int
    sha256: str
    uri: str
    digest_state: DigestState
    def __init__(self, id: _Optional[str] = ..., artifact_id: _Optional[str] = ..., path: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., uri: _Optional[str] = ..., digest_state: _Optional[_Union[DigestState, str]] = ...) -> None: ...

class ChunkSpec(_message.Message):
    __slots__ = ("sha256", "size_bytes")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    size_bytes: int
    def __init__(self, sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class FileSpec(_message.Message):
    __slots__ = ("path", "size_bytes", "sha256", "chunks")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    path: str
    size_bytes: int
    sha256: str
    chunks: _containers.RepeatedCompositeFieldContainer[ChunkSpec]
    def __init__(self, path: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., chunks: _Optional[_Iterable[_Union[ChunkSpec, _Mapping]]] = ...) -> None: ...

class FileSet(_message.Message):
    __slots__ = ("lease_id", "files")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    files: _containers.RepeatedCompositeFieldContainer[FileSpec]
    def __init__(self, lease_id: _Optional[str] = ..., files: _Optional[_Iterable[_Union[FileSpec, _Mapping]]] = ...) -> None: ...

class BeginUploadRequest(_message.Message):
    __slots__ = ("namespace", "holder", "size_bytes", "ttl", "request_id")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    holder: str
    size_bytes: int
    ttl: _duration_pb2.Duration
    request_id: str
    def __init__(self, namespace: _Optional[str] = ..., holder: _Optional[str] = ..., size_bytes: _Optional[int] = ..., ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BeginUploadResponse(_message.Message):
    __slots__ = ("lease",)
    LEASE_FIELD_NUMBER: _ClassVar[int]
    lease: _lease_service_pb2.Lease
    def __init__(self, lease: _Optional[_Union[_lease_service_pb2.Lease, _Mapping]] = ...) -> None: ...

class FindMissingChunksRequest(_message.Message):
    __slots__ = ("lease_id", "chunks", "direct")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    chunks: _containers.RepeatedCompositeFieldContainer[ChunkSpec]
    direct: bool
    def __init__(self, lease_id: _Optional[str] = ..., chunks: _Optional[_Iterable[_Union[ChunkSpec, _Mapping]]] = ..., direct: bool = ...) -> None: ...

class FindMissingChunksResponse(_message.Message):
    __slots__ = ("missing", "uploads")
    MISSING_FIELD_NUMBER: _ClassVar[int]
    UPLOADS_FIELD_NUMBER: _ClassVar[int]
    missing: _containers.RepeatedScalarFieldContainer[str]
    uploads: _containers.RepeatedCompositeFieldContainer[DirectUpload]
    def __init__(self, missing: _Optional[_Iterable[str]] = ..., uploads: _Optional[_Iterable[_Union[DirectUpload, _Mapping]]] = ...) -> None: ...

class DirectUpload(_message.Message):
    __slots__ = ("sha256", "url", "headers", "expires_at")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SHA256_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    url: str
    headers: _containers.ScalarMap[str, str]
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, sha256: _Optional[str] = ..., url: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., expires_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AcceptChunksRequest(_message.Message):
    __slots__ = ("lease_id", "chunks")
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    lease_id: str
    chunks: _containers.RepeatedCompositeFieldContainer[ChunkSpec]
    def __init__(self, lease_id: _Optional[str] = ..., chunks: _Optional[_Iterable[_Union[ChunkSpec, _Mapping]]] = ...) -> None: ...

class AcceptChunksResponse(_message.Message):
    __slots__ = ("missing",)
    MISSING_FIELD_NUMBER: _ClassVar[int]
    missing: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, missing: _Optional[_Iterable[str]] = ...) -> None: ...

class CommitArtifactRequest(_message.Message):
    __slots__ = ("object", "name", "files", "request_id")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    object: str
    name: str
    files: FileSet
    request_id: str
    def __init__(self, object: _Optional[str] = ..., name: _Optional[str] = ..., files: _Optional[_Union[FileSet, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CommitArtifactResponse(_message.Message):
    __slots__ = ("artifact", "exists")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    artifact: Artifact
    exists: bool
    def __init__(self, artifact: _Optional[_Union[Artifact, _Mapping]] = ..., exists: bool = ...) -> None: ...

class TrackedFile(_message.Message):
    __slots__ = ("path", "uri", "size_bytes", "sha256")
    PATH_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    path: str
    uri: str
    size_bytes: int
    sha256: str
    def __init__(self, path: _Optional[str] = ..., uri: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class TrackArtifactRequest(_message.Message):
    __slots__ = ("object", "name", "files", "request_id")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    object: str
    name: str
    files: _containers.RepeatedCompositeFieldContainer[TrackedFile]
    request_id: str
    def __init__(self, object: _Optional[str] = ..., name: _Optional[str] = ..., files: _Optional[_Iterable[_Union[TrackedFile, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class TrackArtifactResponse(_message.Message):
    __slots__ = ("artifact", "exists")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    EXISTS_FIELD_NUMBER: _ClassVar[int]
    artifact: Artifact
    exists: bool
    def __init__(self, artifact: _Optional[_Union[Artifact, _Mapping]] = ..., exists: bool = ...) -> None: ...

class GetArtifactRequest(_message.Message):
    __slots__ = ("artifact",)
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    def __init__(self, artifact: _Optional[str] = ...) -> None: ...

class GetArtifactResponse(_message.Message):
    __slots__ = ("artifact",)
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    artifact: Artifact
    def __init__(self, artifact: _Optional[_Union[Artifact, _Mapping]] = ...) -> None: ...

class ListArtifactsRequest(_message.Message):
    __slots__ = ("object", "page_size", "page_token", "filter", "order_by")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    object: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, object: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListArtifactsResponse(_message.Message):
    __slots__ = ("artifacts", "next_page_token", "incomplete")
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    artifacts: _containers.RepeatedCompositeFieldContainer[Artifact]
    next_page_token: str
    incomplete: bool
    def __init__(self, artifacts: _Optional[_Iterable[_Union[Artifact, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., incomplete: bool = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ("artifact", "object", "path_prefix", "page_size", "page_token")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    PATH_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    object: str
    path_prefix: str
    page_size: int
    page_token: str
    def __init__(self, artifact: _Optional[str] = ..., object: _Optional[str] = ..., path_prefix: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFilesResponse(_message.Message):
    __slots__ = ("files", "next_page_token")
    FILES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[File]
    next_page_token: str
    def __init__(self, files: _Optional[_Iterable[_Union[File, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListFileChunksRequest(_message.Message):
    __slots__ = ("file", "page_size", "page_token")
    FILE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    file: str
    page_size: int
    page_token: str
    def __init__(self, file: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFileChunksResponse(_message.Message):
    __slots__ = ("chunks", "offset_bytes", "next_page_token", "xxh3")
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    XXH3_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[ChunkSpec]
    offset_bytes: int
    next_page_token: str
    xxh3: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, chunks: _Optional[_Iterable[_Union[ChunkSpec, _Mapping]]] = ..., offset_bytes: _Optional[int] = ..., next_page_token: _Optional[str] = ..., xxh3: _Optional[_Iterable[int]] = ...) -> None: ...

class ListDirectChunksRequest(_message.Message):
    __slots__ = ("file", "offset_bytes", "length_bytes")
    FILE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_BYTES_FIELD_NUMBER: _ClassVar[int]
    file: str
    offset_bytes: int
    length_bytes: int
    def __init__(self, file: _Optional[str] = ..., offset_bytes: _Optional[int] = ..., length_bytes: _Optional[int] = ...) -> None: ...

class ListDirectChunksResponse(_message.Message):
    __slots__ = ("chunks",)
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    chunks: _containers.RepeatedCompositeFieldContainer[DirectChunk]
    def __init__(self, chunks: _Optional[_Iterable[_Union[DirectChunk, _Mapping]]] = ...) -> None: ...

class DirectChunk(_message.Message):
    __slots__ = ("sha256", "offset_bytes", "size_bytes", "url")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    offset_bytes: int
    size_bytes: int
    url: str
    def __init__(self, sha256: _Optional[str] = ..., offset_bytes: _Optional[int] = ..., size_bytes: _Optional[int] = ..., url: _Optional[str] = ...) -> None: ...

class DeleteArtifactRequest(_message.Message):
    __slots__ = ("artifact", "request_id")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    request_id: str
    def __init__(self, artifact: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteArtifactResponse(_message.Message):
    __slots__ = ("artifact",)
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    artifact: Artifact
    def __init__(self, artifact: _Optional[_Union[Artifact, _Mapping]] = ...) -> None: ...
