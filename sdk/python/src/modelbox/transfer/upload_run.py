"""The work of one upload."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelbox._gen.artifact_service_pb2 import ChunkSpec, FileSpec, FindMissingChunksRequest
from modelbox._gen.methods import ArtifactService
from modelbox.chunking import MAX_CHUNK_BYTES, ChunkReader
from modelbox.chunking.source import Source
from modelbox.errors import InvalidInput, ModelBoxError
from modelbox.transfer.ask_first import AskFirst
from modelbox.transfer.buffers import Buffers
from modelbox.transfer.limits import (
    COPIED_BYTES,
    GROUP_BUFFERS,
    GROUP_BYTES,
    MIN_UNASKED_BYTES,
    PACK_BYTES,
    UNASKED_AFTER_CHUNKS,
    UPLOAD_BUFFERS,
)
from modelbox.transfer.local_file import LocalFile
from modelbox.transfer.packs import split_packs, write_pack
from modelbox.transfer.progress import Counter, OnProgress
from modelbox.transfer.server import Server
from modelbox.transfer.stop import Stop
from modelbox.transfer.workers import Workers
from modelbox.transfer.xxh3 import xxh3_of

_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass
class _Pending:
    """A chunk that was read, and whose place in its file is known."""

    data: memoryview
    chunks: list[ChunkSpec]
    """The file's chunks, in which it has a place already."""
    index: int
    buffer: memoryview | None
    """What is to be given back."""
    sha256: str = ""


class UploadRun:
    """Reads every file once, in the thread of the caller; other threads hash and send what was read."""

    def __init__(
        self,
        server: Server,
        files: Mapping[str, LocalFile | Source],
        *,
        lease_id: str,
        workers: int,
        stop: Stop,
        progress: OnProgress,
    ) -> None:
        self._server = server
        self._files = files
        self._lease_id = lease_id
        self._worker_count = workers
        self._stop = stop
        self.counter = Counter(len(files), sum(file.size for file in files.values()), progress)
        self._buffers = Buffers(UPLOAD_BUFFERS, MAX_CHUNK_BYTES, stop)
        self._ask_first = AskFirst(is_local=server.is_local, run_length=UNASKED_AFTER_CHUNKS)
        self._small: list[_Pending] = []
        self._small_bytes = 0
        self._large: list[_Pending] = []
        self._handled: set[str] = set()
        """Chunks that this upload has taken care of; a repeated one needs no second look."""
        self._lock = threading.Lock()

    def run(self) -> list[FileSpec]:
        """The files, once the server has all their chunks."""
        chunks_of: dict[str, list[ChunkSpec]] = {}
        end = self._server.blobs.end
        with Workers(self._worker_count, self._stop, on_failure=end, name="upload") as workers:
            for path, file in self._files.items():
                chunks_of[path] = []
                self._read(path, file, chunks_of[path], workers)
                self.counter.add(files=1)
            self._flush_small(workers)
            self._flush_large(workers)
        return [_named(path, self._files[path].size, chunks) for path, chunks in chunks_of.items()]

    def _read(self, path: str, file: LocalFile | Source, chunks: list[ChunkSpec], workers: Workers) -> None:
        if not isinstance(file, LocalFile):
            try:
                self._read_source(file, chunks, workers)
            except EOFError as error:
                raise InvalidInput(f'The source of "{path}" is not what it says: {error}.') from error
            return
        with file.open() as source:
            self._read_source(source, chunks, workers)
            source.check()

    def _read_source(self, source: Source, chunks: list[ChunkSpec], workers: Workers) -> None:
        lent: list[memoryview] = []

        def buffer() -> memoryview:
            lent.append(self._buffers.take())
            return lent[-1]

        limit = self._server.packs.max_chunk_bytes
        for chunk in ChunkReader(source, buffer):
            self._stop.check()
            held = lent.pop() if lent else None
            chunks.append(ChunkSpec(size_bytes=len(chunk.data)))
            pending = _Pending(chunk.data, chunks, len(chunks) - 1, held)
            if held is not None and len(chunk.data) <= COPIED_BYTES:
                # So that a small one does not keep the memory of a large one.
                pending.data, pending.buffer = memoryview(bytes(chunk.data)), None
                self._buffers.give_back(held)
            if len(chunk.data) <= limit:
                self._small.append(pending)
                self._small_bytes += len(chunk.data)
                full = len(self._small) >= min(self._server.packs.max_chunks, self._server.max_find_chunks)
                if full or self._small_bytes >= PACK_BYTES:
                    self._flush_small(workers)
            else:
                self._large.append(pending)
                lent_out = sum(one.buffer is not None for one in self._large)
                if lent_out >= GROUP_BUFFERS or sum(len(one.data) for one in self._large) >= GROUP_BYTES:
                    self._flush_large(workers)

    def _flush_small(self, workers: Workers) -> None:
        if self._small:
            group, self._small, self._small_bytes = self._small, [], 0
            workers.start(lambda: self._send_small(group))

    def _flush_large(self, workers: Workers) -> None:
        if self._large:
            group, self._large = self._large, []
            workers.start(lambda: self._send_large(group))

    def _send_small(self, group: Sequence[_Pending]) -> None:
        missing = self._missing(group)
        limits = self._server.packs
        waiting: list[tuple[str, memoryview]] = [(one.sha256, one.data) for one in missing]
        for part in split_packs(waiting, max_bytes=limits.max_bytes, max_chunks=limits.max_chunks):
            if len(part) == 1:
                # A pack of one would cost the server more.
                self._server.blobs.put_chunk(self._lease_id, part[0][0], part[0][1])
            else:
                self._server.blobs.post_pack(self._lease_id, write_pack(part))
            self._count_sent(len(part), sum(len(data) for _, data in part))
        for one in group:
            self._done(one)

    def _send_large(self, group: Sequence[_Pending]) -> None:
        left = [one for one in group if not self._send_unasked(one)]
        missing = {id(one) for one in self._missing(left)}
        for one in left:
            if id(one) in missing:
                self._ask_first.was_new()
                self._server.blobs.put_chunk(self._lease_id, one.sha256, one.data)
                self._count_sent(1, len(one.data))
            else:
                self._ask_first.was_there()
            self._done(one)

    def _send_unasked(self, one: _Pending) -> bool:
        """Sends a chunk without its digest where that is cheaper; False when it is to be asked about."""
        if len(one.data) < MIN_UNASKED_BYTES or self._ask_first.is_needed:
            return False
        try:
            posted = self._server.blobs.post_chunk(self._lease_id, one.data, xxh3_of(one.data))
        except ModelBoxError as error:
            if error.reason == "NO_ROOM":
                return False
            raise
        if posted.exists:
            self._ask_first.was_there()
        one.sha256 = posted.sha256
        with self._lock:
            self._handled.add(posted.sha256)
        self._count_sent(1, len(one.data))
        self._done(one)
        return True

    def _missing(self, group: Sequence[_Pending]) -> list[_Pending]:
        """Those whose bytes must be sent: each digest once, and not what another part of this upload has."""
        asked: dict[str, _Pending] = {}
        for one in group:
            one.sha256 = hashlib.sha256(one.data).hexdigest()
        with self._lock:
            for one in group:
                if one.sha256 not in self._handled:
                    self._handled.add(one.sha256)
                    asked[one.sha256] = one
        digests = list(asked)
        missing: list[_Pending] = []
        for begin in range(0, len(digests), self._server.max_find_chunks):
            part = digests[begin : begin + self._server.max_find_chunks]
            specs = [ChunkSpec(sha256=sha256, size_bytes=len(asked[sha256].data)) for sha256 in part]
            request = FindMissingChunksRequest(lease_id=self._lease_id, chunks=specs)
            answer = self._server.connection.call(ArtifactService.FindMissingChunks, request)
            missing.extend(asked[sha256] for sha256 in answer.missing if sha256 in asked)
        return missing

    def _done(self, one: _Pending) -> None:
        one.chunks[one.index].sha256 = one.sha256
        self.counter.add(done=len(one.data), chunks=1)
        if one.buffer is not None:
            self._buffers.give_back(one.buffer)

    def _count_sent(self, chunks: int, size_bytes: int) -> None:
        self.counter.add(transferred=size_bytes, sent_chunks=chunks)


def _named(path: str, size: int, chunks: Sequence[ChunkSpec]) -> FileSpec:
    # A second hash over all bytes would cost more than it proves: chunks are checked one by one when they arrive, and
    # the server computes the digest of the whole file by itself.
    only = chunks[0].sha256 if len(chunks) == 1 else ""
    return FileSpec(path=path, size_bytes=size, sha256=only if chunks else _EMPTY_SHA256, chunks=chunks)
