"""Downloads a stored file, or parts of it, straight to where its bytes are wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelbox.chunking import MAX_CHUNK_BYTES
from modelbox.connection import Connection
from modelbox.errors import InvalidInput
from modelbox.transfer.fetch import fetch
from modelbox.transfer.limits import DOWNLOAD_WORKERS, RANGE_BYTES
from modelbox.transfer.open_cache import cache_for
from modelbox.transfer.progress import Counter, OnProgress
from modelbox.transfer.server import open_server
from modelbox.transfer.stop import Stop
from modelbox.transfer.stored_chunks import StoredChunk, stored_chunks
from modelbox.transfer.wanted_files import StoredFile
from modelbox.transfer.workers import Workers


@dataclass(frozen=True)
class Piece:
    """A part of a file that is wanted: its bytes go into `memory`, or else to `write`."""

    offset: int
    """In the file, in bytes."""
    size_bytes: int
    memory: memoryview | None = None
    write: Callable[[int, memoryview], None] | None = None
    """Gets where in the piece bytes stand, and the bytes; from several threads at once."""

    @property
    def end(self) -> int:
        """Where it ends in the file."""
        return self.offset + self.size_bytes

    def take(self, offset: int, data: memoryview) -> None:
        """Some of its bytes, by their place in the file."""
        at = offset - self.offset
        if self.memory is not None:
            self.memory[at : at + len(data)] = data
        elif self.write is not None:
            self.write(at, data)


def download_scattered(
    connection: Connection,
    file: StoredFile,
    pieces: Sequence[Piece],
    *,
    cache: bool | None = None,
    workers: int = DOWNLOAD_WORKERS,
    progress: OnProgress = None,
) -> None:
    """Fetches parts of a file, several at once, checked. Chunks that no piece wants a byte of are left alone.

    Pieces may stand in any order, and must not overlap. What they wanted has wrong bytes when this fails. Besides the
    pieces' own memory at most 8 MiB for each worker are used. `cache` is as in `open_file`.
    """
    wanted = sorted((piece for piece in pieces if piece.size_bytes > 0), key=lambda piece: piece.offset)
    end = 0
    for piece in wanted:
        if piece.offset < end or piece.end > file.size:
            raise InvalidInput(f"The parts that are wanted of {file.path} overlap, or are not in it.")
        end = piece.end
    if not wanted:
        return
    stop = Stop()
    server = open_server(connection, stop.wait)
    kept = cache_for(connection.settings, is_local=server.is_local, wanted=cache)
    counter = Counter(1, sum(piece.size_bytes for piece in wanted), progress)
    scratch = threading.local()

    def memory_of(one: _Wanted) -> memoryview:
        direct = one.direct()
        if direct is not None:
            return direct
        if not hasattr(scratch, "buffer"):
            scratch.buffer = memoryview(bytearray(MAX_CHUNK_BYTES))
        return scratch.buffer[: one.chunk.size]

    def take(one: _Wanted, data: memoryview, transferred: int) -> None:
        if one.direct() is None:
            one.scatter(data)
        counter.add(done=one.wanted_bytes, transferred=transferred)

    def bring(group: Sequence[_Wanted]) -> None:
        missing: dict[int, _Wanted] = {}
        for one in group:
            stop.check()
            memory = memory_of(one)
            if kept is not None and kept.read(one.chunk.sha256, memory, one.chunk.is_intact):
                take(one, memory, 0)
            else:
                missing[one.chunk.offset] = one
        fetch(
            server,
            file,
            [one.chunk for one in missing.values()],
            memory_of=lambda chunk: memory_of(missing[chunk.offset]),
            on_chunk=lambda chunk, data: take(missing[chunk.offset], data, chunk.size),
            cache=kept,
        )

    with connection.transfer():
        try:
            with Workers(workers, stop, on_failure=server.blobs.end, name="restore") as running:
                for group in _groups(connection, file, wanted):
                    running.start(lambda group=group: bring(group))
        finally:
            server.blobs.close()
    counter.add(files=1)


@dataclass(frozen=True)
class _Wanted:
    """A chunk, and the pieces that want bytes of it."""

    chunk: StoredChunk
    pieces: Sequence[Piece]

    @property
    def wanted_bytes(self) -> int:
        return sum(
            min(piece.end, self.chunk.end) - max(piece.offset, self.chunk.offset) for piece in self.pieces
        )

    def direct(self) -> memoryview | None:
        """The memory that is to have all of its bytes; `None` where they go to several places."""
        piece = self.pieces[0]
        if piece.memory is None or piece.offset > self.chunk.offset or piece.end < self.chunk.end:
            return None
        at = self.chunk.offset - piece.offset
        return piece.memory[at : at + self.chunk.size]

    def scatter(self, data: memoryview) -> None:
        """Gives each piece what it wants."""
        for piece in self.pieces:
            begin, end = max(piece.offset, self.chunk.offset), min(piece.end, self.chunk.end)
            piece.take(begin, data[begin - self.chunk.offset : end - self.chunk.offset])


def _groups(connection: Connection, file: StoredFile, pieces: Sequence[Piece]) -> list[list[_Wanted]]:
    """The chunks that are wanted, neighbours that one task takes together."""
    groups: list[list[_Wanted]] = []
    size = 0
    first = 0
    for chunk in stored_chunks(connection, file):
        while first < len(pieces) and pieces[first].end <= chunk.offset:
            first += 1
        last = first
        while last < len(pieces) and pieces[last].offset < chunk.end:
            last += 1
        if last == first:
            continue
        if not groups or size + chunk.size > RANGE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(_Wanted(chunk, pieces[first:last]))
        size += chunk.size
    return groups
