"""What holds for the chunks of any file."""

import io
import json
import random
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_chunking_vectors import OnDisk

from modelbox.chunking import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, ChunkReader, chunk_lengths
from modelbox.chunking.gear import GEAR, HASHED_BYTES, SCAN_BYTES
from modelbox.chunking.gear_plain import scan as scan_plainly
from modelbox.chunking.reader import Chunk

MIB = 1 << 20

SIZES = st.one_of(
    st.sampled_from([0, 1, 5000, MIB - 1, MIB, 4 * MIB, 5 * MIB - 1, 5 * MIB]), st.integers(0, 9 * MIB)
)


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def safetensors(sizes: list[int], seed: int) -> bytes:
    header: dict[str, object] = {}
    position = 0
    for index, size in enumerate(sizes):
        header[f"layer.{index}"] = {
            "dtype": "U8",
            "shape": [size],
            "data_offsets": [position, position + size],
        }
        position += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + noise(seed, position)


class Stream(io.RawIOBase):
    """Can't go back, so that sizes come behind the bytes, as PyTorch writes them."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def archive(sizes: list[int], seed: int, *, streamed: bool) -> bytes:
    target = Stream() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for index, size in enumerate(sizes):
            with file.open(zipfile.ZipInfo(f"run/data/{index}"), "w") as entry:
                entry.write(noise(seed + index, size))
    return bytes(target.data) if isinstance(target, Stream) else target.getvalue()


def read(data: bytes) -> list[Chunk]:
    return list(ChunkReader(OnDisk(data), lambda: memoryview(bytearray(MAX_CHUNK_BYTES))))


def check(data: bytes) -> list[int]:
    chunks = read(data)
    assert b"".join(chunk.data for chunk in chunks) == data
    lengths = [len(chunk.data) for chunk in chunks]
    assert lengths == list(chunk_lengths(data))
    assert all(0 < length <= MAX_CHUNK_BYTES for length in lengths)
    return lengths


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(SIZES, min_size=1, max_size=5), seed=st.integers(0, 1000))
def test_tensors_are_cut_alike_wherever_they_are_read_from(sizes: list[int], seed: int) -> None:
    lengths = check(safetensors(sizes, seed))
    assert all(length >= MIN_CHUNK_BYTES for length in lengths[1:-1])


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(SIZES, min_size=1, max_size=5), seed=st.integers(0, 1000), streamed=st.booleans())
def test_archives_are_cut_alike_wherever_they_are_read_from(
    sizes: list[int], seed: int, streamed: bool
) -> None:
    check(archive(sizes, seed, streamed=streamed))


@settings(max_examples=15, deadline=None)
@given(
    kind=st.sampled_from(["safetensors", "zip", "stream", "plain"]),
    sizes=st.lists(st.integers(0, 3 * MIB), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    damage=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=4),
    cut_off=st.floats(0, 1),
)
def test_no_file_is_too_broken(
    kind: str, sizes: list[int], seed: int, damage: list[tuple[int, int]], cut_off: float
) -> None:
    if kind == "safetensors":
        data = safetensors(sizes, seed)
    elif kind == "plain":
        data = noise(seed, sum(sizes))
    else:
        data = archive(sizes, seed, streamed=kind == "stream")
    broken = bytearray(data[: max(1, int(len(data) * cut_off))])
    for place, value in damage:
        broken[place % len(broken)] = value
    check(bytes(broken))


def test_frozen_layers_are_found_again() -> None:
    sizes = [3 * MIB, 700_000, 9 * MIB, 2 * MIB, 6 * MIB]
    before = safetensors(sizes, 1)
    after = bytearray(before)
    # One tensor changes; the header does not.
    begin = len(before) - sum(sizes[2:])
    after[begin : begin + sizes[2]] = noise(2, sizes[2])
    old, new = ({bytes(chunk.data) for chunk in read(bytes(data))} for data in (before, after))
    assert sum(len(chunk) for chunk in new - old) <= sizes[2] + 2 * MIB


def test_an_insertion_changes_what_is_near_it() -> None:
    before = noise(3, 40 * MIB)
    after = before[: 9 * MIB] + b"inserted" + before[9 * MIB :]
    old, new = ({bytes(chunk.data) for chunk in read(data)} for data in (before, after))
    assert len(new - old) <= 2


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(HASHED_BYTES, 3000),
    below=st.sampled_from([1 << 8, 1 << 12, 1 << 24]),
)
def test_both_ways_to_hash_agree_with_the_specification(seed: int, size: int, below: int) -> None:
    numpy = pytest.importorskip("modelbox.chunking.gear_numpy", reason="numpy is not installed")
    data = noise(seed, size)
    expected = None
    for place in range(HASHED_BYTES, size + 1):
        value = 0
        for byte in data[place - HASHED_BYTES : place]:
            value = ((value << 1) + GEAR[byte]) & 0xFFFFFFFF
        if value < below:
            expected = place - HASHED_BYTES
            break
    assert scan_plainly(memoryview(data), below) == expected
    assert numpy.scan(memoryview(data), below) == expected


def test_a_scan_of_many_places_sees_the_last_one() -> None:
    numpy = pytest.importorskip("modelbox.chunking.gear_numpy", reason="numpy is not installed")
    window = memoryview(noise(5, SCAN_BYTES + HASHED_BYTES - 1))
    places = [
        place for place in range(SCAN_BYTES) if numpy.scan(window[place : place + HASHED_BYTES], 1 << 20) == 0
    ]
    first = places[0] if places else None
    assert numpy.scan(window, 1 << 20) == scan_plainly(window, 1 << 20) == first


def test_a_source_that_ends_early_is_told() -> None:
    class Short(OnDisk):
        def __init__(self) -> None:
            super().__init__(noise(6, 6 * MIB))
            self.size = 9 * MIB

    with pytest.raises(EOFError, match="before its size"):
        for _ in ChunkReader(Short(), lambda: memoryview(bytearray(MAX_CHUNK_BYTES))):
            pass
