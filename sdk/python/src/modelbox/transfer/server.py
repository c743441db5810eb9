"""What a transfer must know of the server, and whom it talks to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modelbox.answer_errors import error_of_answer
from modelbox.connection import Connection
from modelbox.errors import ModelBoxError
from modelbox.transfer.addresses import BlobAddresses
from modelbox.transfer.blob_client import BlobClient
from modelbox.transfer.blob_pool import BlobPool
from modelbox.version import VERSION

_MAX_PACK_BYTES = 8 << 20
_MAX_PACK_CHUNKS = 4_096
_MAX_PACKED_CHUNK_BYTES = 256 << 10
_MAX_READ_FILES = 1_000
_MAX_READ_BYTES = 4 << 20


@dataclass(frozen=True)
class PackLimits:
    """What the server takes of small chunks with one request; nothing where all are 0."""

    max_bytes: int
    max_chunks: int
    max_chunk_bytes: int


@dataclass(frozen=True)
class ReadLimits:
    """What the server gives of small files with one request; nothing where all are 0."""

    max_files: int
    max_bytes: int


@dataclass(frozen=True)
class Server:
    """A server, as a transfer sees it."""

    connection: Connection
    blobs: BlobClient
    max_find_chunks: int
    packs: PackLimits
    reads: ReadLimits
    is_local: bool
    """All that is moved stays on this machine."""


def open_server(connection: Connection, wait: Callable[[float], object] = time.sleep) -> Server:
    """Asks the server what a transfer must know. `wait` may raise to end waiting between tries."""
    limits = connection.server_info().limits
    addresses = BlobAddresses(connection.blob_addresses())
    blobs = BlobClient(
        BlobPool(connection.tls_context),
        addresses,
        headers=_headers(connection),
        to_error=_to_error,
        patience_seconds=connection.transfer_patience_seconds,
        wait=wait,
    )
    return Server(
        connection=connection,
        blobs=blobs,
        max_find_chunks=max(1, limits.max_find_chunks),
        packs=PackLimits(
            min(limits.max_pack_bytes, _MAX_PACK_BYTES),
            min(limits.max_pack_chunks, _MAX_PACK_CHUNKS),
            min(limits.max_packed_chunk_bytes, _MAX_PACKED_CHUNK_BYTES),
        ),
        reads=ReadLimits(
            min(limits.max_read_files, _MAX_READ_FILES), min(limits.max_read_files_bytes, _MAX_READ_BYTES)
        ),
        is_local=addresses.are_local,
    )


def _headers(connection: Connection) -> Mapping[str, str]:
    # All addresses are the server's, which connection.server_info() has looked at.
    headers = {"User-Agent": f"modelbox-python/{VERSION}"}
    if connection.settings.token:
        headers["Authorization"] = f"Bearer {connection.settings.token}"
    return headers


def _to_error(
    _what: str, address: str, status: int, headers: Mapping[str, str], body: bytes
) -> ModelBoxError:
    return error_of_answer(status, headers, body, address=address, request_id="")
