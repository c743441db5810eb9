"""What a server says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelbox._gen import server_info_service_pb2 as pb
from modelbox.objects.decode import decodes


@decodes(pb.Limits)
@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits that clients must keep; this package does so itself."""

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


@decodes(pb.GetServerInfoResponse)
@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """About a server."""

    version: str
    """Of the executable, for example `0.1.0`."""
    revision: str
    """Source revision that it was built from."""
    roles: tuple[str, ...]
    """`metadata` (calls), `blob` (bytes)."""
    blob_addrs: tuple[str, ...]
    """Where bytes go; the address that was asked when empty."""
    grpc_addr: str
    """Where native gRPC is served; empty when it is not."""
    limits: Limits
    time: datetime
    """The server's, in UTC."""
    direct_transfer: bool
    """Whether chunks may go to and from the object store without the server."""
