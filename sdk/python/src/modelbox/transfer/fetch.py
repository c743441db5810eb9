"""Fetches chunks, and checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from modelbox.transfer.cache import ChunkCache
from modelbox.transfer.server import Server
from modelbox.transfer.stored_chunks import StoredChunk, neighbours, wrong_bytes
from modelbox.transfer.wanted_files import StoredFile


def fetch(
    server: Server,
    file: StoredFile,
    chunks: Sequence[StoredChunk],
    *,
    memory_of: Callable[[StoredChunk], memoryview],
    on_chunk: Callable[[StoredChunk, memoryview], None],
    cache: ChunkCache | None,
) -> None:
    """Fetches chunks in order, few requests for many, and keeps them in the cache.

    Each comes into the memory that `memory_of` gives, and goes to `on_chunk` once its bytes are right; the next chunk
    may have the same memory. `on_chunk` raises no OSError.
    """

    def targets(group: Sequence[StoredChunk]) -> Iterator[tuple[memoryview, Callable[[], None]]]:
        for chunk in group:
            memory = memory_of(chunk)
            yield memory, lambda chunk=chunk, memory=memory: take(chunk, memory)

    def take(chunk: StoredChunk, memory: memoryview) -> None:
        if not chunk.has_arrived(memory, is_local=server.is_local):
            raise wrong_bytes(file.path, chunk.offset)
        on_chunk(chunk, memory)
        if cache is not None:
            cache.write(chunk.sha256, memory)

    for group in neighbours(chunks):
        server.blobs.get_ranges(file.id, group[0].offset, targets(group))
