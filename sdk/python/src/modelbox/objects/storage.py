"""What files take in the blob store. All figures are bytes, but for counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelbox._gen import storage_service_pb2 as pb
from modelbox._gen.methods import StorageService
from modelbox.connection import Connection
from modelbox.objects.decode import decode, decodes
from modelbox.objects.paging import Listing


class _Shown:
    def _repr_html_(self) -> str:
        from modelbox.display.table import object_html

        return object_html(self)


@decodes(pb.NamespaceStorage)
@dataclass(frozen=True, kw_only=True)
class NamespaceStorage(_Shown):
    """What the files of a namespace take. Chunks that other namespaces have too count in each."""

    namespace_id: str
    name: str
    quota_bytes: int | None
    """`None` for no limit."""
    reserved_bytes: int
    """By running uploads, now."""
    file_count: int
    logical_bytes: int
    """Sum of the files' sizes, now: what the quota is compared with."""
    chunk_count: int
    distinct_bytes: int
    """What its distinct chunks are."""
    stored_bytes: int
    """What they take in the blob store."""
    saved_by_reuse_bytes: int
    """Logical minus distinct."""
    saved_by_encoding_bytes: int
    """Distinct minus stored."""
    measured_at: datetime | None
    """When chunks were counted."""


@decodes(pb.ServerStorage)
@dataclass(frozen=True, kw_only=True)
class ServerStorage(_Shown):
    """What a server has stored."""

    file_count: int
    logical_bytes: int
    """Sum of the files' sizes."""
    chunk_count: int
    distinct_bytes: int
    stored_bytes: int
    saved_by_reuse_bytes: int
    saved_by_encoding_bytes: int
    unused_bytes: int
    """Stored chunks that no file has."""
    condemned_bytes: int
    dead_pack_bytes: int
    doomed_bytes: int
    total_bytes: int
    """What the files in the folder of the blobs have together."""
    measured_at: datetime | None
    """When chunks were counted."""


@decodes(pb.ObjectStorage)
@dataclass(frozen=True, kw_only=True)
class ObjectStorage(_Shown):
    """What one object takes."""

    object_kind: str
    object_id: str
    object_path: str
    file_count: int
    logical_bytes: int
    """Sum of the files' sizes."""
    distinct_bytes: int
    exclusive_bytes: int
    """What chunks take that no other object has: free once it is deleted and collected."""
    shared_bytes: int
    """What chunks take that other objects have too."""


def get_namespace_storage(connection: Connection, namespace: str) -> NamespaceStorage:
    """Of one namespace."""
    request = pb.GetNamespaceStorageRequest(namespace=namespace)
    answer = connection.call(StorageService.GetNamespaceStorage, request)
    return decode(NamespaceStorage, answer.storage, connection)


def get_server_storage(connection: Connection) -> ServerStorage:
    """Of all namespaces together."""
    answer = connection.call(StorageService.ListNamespaceStorage, pb.ListNamespaceStorageRequest(page_size=1))
    return decode(ServerStorage, answer.server, connection)


def list_namespace_storage(connection: Connection) -> Listing[NamespaceStorage]:
    """By name."""

    request = pb.ListNamespaceStorageRequest()
    return Listing(
        connection,
        StorageService.ListNamespaceStorage,
        request,
        lambda page: [decode(NamespaceStorage, one, connection) for one in page.namespaces],
    )


def list_object_storage(connection: Connection, namespace: str) -> Listing[ObjectStorage]:
    """The oldest first."""

    request = pb.ListObjectStorageRequest(namespace=namespace)
    return Listing(
        connection,
        StorageService.ListObjectStorage,
        request,
        lambda page: [decode(ObjectStorage, one, connection) for one in page.objects],
    )
