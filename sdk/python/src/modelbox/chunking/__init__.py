"""Where files are cut into chunks, as docs/storage-layout.md says.

Needs nothing but the standard library; with numpy it is ten times as fast.
"""

from modelbox.chunking.cut import chunk_lengths
from modelbox.chunking.gear import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES
from modelbox.chunking.reader import Chunk, ChunkReader

__all__ = [
    "MAX_CHUNK_BYTES",
    "MIN_CHUNK_BYTES",
    "TARGET_CHUNK_BYTES",
    "Chunk",
    "ChunkReader",
    "chunk_lengths",
]
