"""The chunks of a stored file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelbox._gen.artifact_service_pb2 import ListFileChunksRequest
from modelbox._gen.methods import ArtifactService
from modelbox.chunking import MAX_CHUNK_BYTES
from modelbox.connection import Connection
from modelbox.errors import CorruptData
from modelbox.transfer.limits import CHUNK_PAGE_SIZE, IMMEDIATE_VERIFY_BYTES, RANGE_BYTES
from modelbox.transfer.wanted_files import StoredFile
from modelbox.transfer.xxh3 import has_xxh3, xxh3_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredChunk:
    """A part of a stored file that can be checked by itself."""

    offset: int
    size: int
    sha256: str
    xxh3: str = ""
    """In 16 hexadecimal digits; "" where the server does not know it."""

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + self.size

    def is_right(self, data: memoryview) -> bool:
        """Whether these are its bytes."""
        return hashlib.sha256(data).hexdigest() == self.sha256

    def is_intact(self, data: memoryview) -> bool:
        """The same for bytes that were compared with the digest before, and that only an accident can have changed.

        XXH3 notices those too, where it is known; SHA-256 would take longer than all the rest
        (docs/decisions/client-transfer.md).
        """
        if self.xxh3 and has_xxh3():
            return xxh3_of(data) == self.xxh3
        return self.is_right(data)

    def has_arrived(self, data: memoryview, *, is_local: bool) -> bool:
        """The same for bytes that the server has just compared with the digest; on one machine they stay intact."""
        return self.is_intact(data) if is_local else self.is_right(data)


def stored_chunks(connection: Connection, file: StoredFile) -> Iterator[StoredChunk]:
    """The chunks in order, asked for page by page. A small file with a digest is one chunk, and nobody is asked."""
    if file.size == 0:
        return
    if file.sha256 and file.size <= IMMEDIATE_VERIFY_BYTES:
        yield StoredChunk(0, file.size, file.sha256)
        return
    offset = 0
    page_token = ""
    while True:
        request = ListFileChunksRequest(file=file.id, page_size=CHUNK_PAGE_SIZE, page_token=page_token)
        page = connection.call(ArtifactService.ListFileChunks, request)
        if page.offset_bytes != offset or not page.chunks:
            raise _contradiction(file)
        for index, spec in enumerate(page.chunks):
            size = spec.size_bytes
            if not _DIGEST.fullmatch(spec.sha256) or not 1 <= size <= MAX_CHUNK_BYTES:
                raise _contradiction(file)
            xxh3 = page.xxh3[index] if index < len(page.xxh3) else 0
            yield StoredChunk(offset, size, spec.sha256, f"{xxh3:016x}" if xxh3 else "")
            offset += size
        if offset > file.size:
            raise _contradiction(file)
        page_token = page.next_page_token
        if page_token == "":
            break
    if offset != file.size:
        raise _contradiction(file)


def neighbours(chunks: Sequence[StoredChunk]) -> Iterator[Sequence[StoredChunk]]:
    """Puts chunks that follow each other together, so that few requests fetch many."""
    begin = 0
    size = 0
    for index, chunk in enumerate(chunks):
        if index > begin and (chunks[index - 1].end != chunk.offset or size + chunk.size > RANGE_BYTES):
            yield chunks[begin:index]
            begin, size = index, 0
        size += chunk.size
    if begin < len(chunks):
        yield chunks[begin:]


def wrong_bytes(path: str, offset: int) -> CorruptData:
    """Bytes arrived that are not those of their digest."""
    return CorruptData(
        f"The bytes of {path} from {offset} on arrive with a wrong digest; download again, and if that stays so, ask "
        "whoever runs the server to check its storage."
    )


def _contradiction(file: StoredFile) -> CorruptData:
    return CorruptData(
        f"The server's list of the chunks of {file.path} does not add up to its {file.size} bytes; ask whoever runs "
        "the server to check its storage."
    )
