"""The answers of proto/testdata/chunking.json, which every implementation of cutting is held against."""

import array
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modelbox.chunking import MAX_CHUNK_BYTES, ChunkReader, chunk_lengths, gear, gear_plain
from modelbox.chunking.source import MemorySource

_VECTORS = Path(__file__).resolve().parents[3] / "proto/testdata/chunking.json"
_MASK = 0xFFFFFFFF


class OnDisk:
    """Bytes that are read piece by piece, as those of a file are."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


@cache
def files() -> list[tuple[str, bytes, list[tuple[int, str]]]]:
    vectors: list[Any] = json.loads(_VECTORS.read_text())
    return [
        (
            vector["name"],
            b"".join(stretch(segment) for segment in vector["segments"]),
            [(chunk["bytes"], chunk["sha256"]) for chunk in vector["chunks"]],
        )
        for vector in vectors
    ]


def stretch(segment: dict[str, Any]) -> bytes:
    if "text" in segment:
        return segment["text"].encode()
    if "hex" in segment:
        return bytes.fromhex(segment["hex"])
    if "repeat" in segment:
        return bytes.fromhex(segment["repeat"]) * segment["bytes"]
    numbers = array.array("I")
    state: int = segment["xorshift32"]
    for _ in range(-(-segment["bytes"] // 4)):
        state ^= state << 13 & _MASK
        state ^= state >> 17
        state ^= state << 5 & _MASK
        numbers.append(state)
    return numbers.tobytes()[: segment["bytes"]]


def names() -> list[str]:
    return [vector["name"] for vector in json.loads(_VECTORS.read_text())]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_vector_is_cut_where_it_says(name: str, kind: str) -> None:
    data, expected = next((data, chunks) for other, data, chunks in files() if other == name)
    source = MemorySource(data) if kind == "memory" else OnDisk(data)
    reader = ChunkReader(source, lambda: memoryview(bytearray(MAX_CHUNK_BYTES)))
    position = 0
    chunks: list[tuple[int, str]] = []
    for chunk in reader:
        assert chunk.offset == position
        position += len(chunk.data)
        chunks.append((len(chunk.data), hashlib.sha256(chunk.data).hexdigest()))
    assert chunks == expected


def test_it_is_the_same_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gear, "fastest_scan", lambda: gear_plain.scan)
    for _, data, expected in files():
        assert list(chunk_lengths(data)) == [size for size, _ in expected]
