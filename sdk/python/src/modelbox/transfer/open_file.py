"""Reads parts of stored files, straight into memory."""

from __future__ import annotations

import bisect
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from modelbox._gen.artifact_service_pb2 import File
from modelbox.connection import Connection
from modelbox.errors import InvalidInput
from modelbox.transfer.cache import ChunkCache
from modelbox.transfer.fetch import fetch
from modelbox.transfer.limits import DOWNLOAD_WORKERS
from modelbox.transfer.open_cache import cache_for
from modelbox.transfer.server import Server, open_server
from modelbox.transfer.stop import Stop
from modelbox.transfer.stored_chunks import StoredChunk, neighbours, stored_chunks
from modelbox.transfer.wanted_files import StoredFile
from modelbox.transfer.workers import Workers

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_RECENT_CHUNKS = 4
"""Chunks of which only a part was asked for, kept for the next question."""


def open_file(
    connection: Connection,
    file: File | StoredFile,
    *,
    cache: bool | None = None,
    workers: int = DOWNLOAD_WORKERS,
) -> RandomAccessFile:
    """Opens a stored file for reading any part of it; nothing is fetched before it is asked for.

    `cache` says whether to keep chunks on disk for later, and use what is there; by default unless the server is on
    this machine. `workers` is how many requests a large read makes at once.
    """
    if isinstance(file, File):
        if file.uri:
            raise InvalidInput(f"{file.path} is not kept by ModelBox; it is at {file.uri}.")
        file = StoredFile.of(file)
    server = open_server(connection)
    kept = cache_for(connection.settings, is_local=server.is_local, wanted=cache)
    return RandomAccessFile(server, file, kept, workers)


def download_into(
    connection: Connection,
    file: File | StoredFile,
    target: WriteableBuffer,
    *,
    offset: int = 0,
    cache: bool | None = None,
    workers: int = DOWNLOAD_WORKERS,
) -> int:
    """Fills memory with the bytes of a file from an offset on, checked; returns how many there were.

    `target` is written to directly, and has wrong bytes when this fails.
    """
    with open_file(connection, file, cache=cache, workers=workers) as opened:
        return opened.read_into(offset, memoryview(target).cast("B"))


class RandomAccessFile(io.RawIOBase):
    """A stored file. Every chunk is checked before its bytes are given. Threads may read at once by `read_into`."""

    def __init__(self, server: Server, file: StoredFile, cache: ChunkCache | None, workers: int) -> None:
        super().__init__()
        self.name = file.path
        self.size = file.size
        """In bytes."""
        self._server = server
        self._file = file
        self._cache = cache
        self._workers = workers
        self._position = 0
        self._lock = threading.Lock()
        self._chunks: list[StoredChunk] | None = None
        self._recent: OrderedDict[int, memoryview] = OrderedDict()

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from an offset on; fewer at the end."""
        data = bytearray(max(0, min(length, self.size - offset)))
        self.read_into(offset, memoryview(data))
        return bytes(data)

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fills memory from an offset on; returns how many bytes the file had there."""
        if self.closed:
            raise ValueError("read of a closed file")
        if offset < 0:
            raise InvalidInput(f"An offset is 0 or more, not {offset}.")
        target = target[: max(0, self.size - offset)]
        if len(target) == 0:
            return 0
        whole: list[StoredChunk] = []
        for chunk in self._chunks_of(offset, offset + len(target)):
            begin, end = chunk.offset - offset, chunk.end - offset
            if begin >= 0 and end <= len(target):
                whole.append(chunk)
                continue
            data = self._chunk(chunk)
            first, last = max(0, begin), min(len(target), end)
            target[first:last] = data[first - begin : last - begin]
        self._bring(whole, offset, target)
        return len(target)

    def _bring(self, chunks: Sequence[StoredChunk], offset: int, target: memoryview) -> None:
        """Fetches whole chunks to their place in memory."""

        def memory_of(chunk: StoredChunk) -> memoryview:
            return target[chunk.offset - offset : chunk.end - offset]

        def bring(group: Sequence[StoredChunk]) -> None:
            missing = [chunk for chunk in group if not self._is_cached(chunk, memory_of(chunk))]
            self._fetch(missing, memory_of)

        groups = list(neighbours(chunks))
        if len(groups) == 1:
            bring(groups[0])
            return
        if groups:
            stop = Stop()
            with Workers(self._workers, stop, on_failure=lambda: None, name="read") as workers:
                for group in groups:
                    workers.start(lambda group=group: bring(group))

    def _chunk(self, chunk: StoredChunk) -> memoryview:
        """A chunk in memory of its own, of which the last ones are kept."""
        with self._lock:
            data = self._recent.get(chunk.offset)
            if data is not None:
                self._recent.move_to_end(chunk.offset)
                return data
        data = memoryview(bytearray(chunk.size))
        if not self._is_cached(chunk, data):
            self._fetch([chunk], lambda _: data)
        with self._lock:
            self._recent[chunk.offset] = data
            while len(self._recent) > _RECENT_CHUNKS:
                self._recent.popitem(last=False)
        return data

    def _is_cached(self, chunk: StoredChunk, into: memoryview) -> bool:
        return self._cache is not None and self._cache.read(chunk.sha256, into, chunk.is_intact)

    def _fetch(self, chunks: Sequence[StoredChunk], memory_of: Callable[[StoredChunk], memoryview]) -> None:
        with self._server.connection.transfer():
            fetch(
                self._server,
                self._file,
                chunks,
                memory_of=memory_of,
                on_chunk=lambda _chunk, _data: None,
                cache=self._cache,
            )

    def _chunks_of(self, begin: int, end: int) -> list[StoredChunk]:
        with self._lock:
            if self._chunks is None:
                self._chunks = list(stored_chunks(self._server.connection, self._file))
            chunks = self._chunks
        first = bisect.bisect_right(chunks, begin, key=lambda chunk: chunk.offset) - 1
        last = bisect.bisect_left(chunks, end, key=lambda chunk: chunk.offset)
        return chunks[first:last]

    # What io wants of a file.

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self.read_into(self._position, memoryview(buffer).cast("B"))
        self._position += count
        return count

    def readall(self) -> bytes:
        data = self.read_at(self._position, self.size - self._position)
        self._position += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self._server.blobs.close()
            self._recent.clear()
        super().close()
