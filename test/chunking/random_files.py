"""Writes files of all formats, some of them torn or damaged, and where they are to be cut.

random_files.py FOLDER FIRST_SEED COUNT
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy

# Only the chunking of the Python SDK, which needs no other package.
package = ModuleType("modelbox")
package.__path__ = [str(Path(__file__).parents[2] / "sdk/python/src/modelbox")]
sys.modules["modelbox"] = package

from modelbox.chunking import chunk_lengths  # noqa: E402

MIB = 1 << 20


def noise(rng: random.Random, size: int) -> bytes:
    if rng.random() < 0.3:
        return bytes(size)
    generator = numpy.random.default_rng(rng.getrandbits(32))
    return generator.integers(0, 256, size, dtype=numpy.uint8).tobytes()


def a_size(rng: random.Random) -> int:
    limits = [0, 1, 5000, MIB - 1, MIB, 4 * MIB, 5 * MIB - 1, 5 * MIB]
    ranges = [300_000, MIB, 3 * MIB, 6 * MIB, 14 * MIB]
    return rng.choice([*limits, *[rng.randrange(top) for top in ranges]])


def safetensors(rng: random.Random) -> bytes:
    names = [f"layer.{index}.weight" for index in range(rng.randrange(1, 14))]
    rng.shuffle(names)
    position = 0
    header: dict[str, object] = {}
    pieces: list[bytes] = []
    for name in names:
        size = a_size(rng)
        header[name] = {"dtype": "U8", "shape": [size], "data_offsets": [position, position + size]}
        pieces.append(noise(rng, size))
        position += size
    items = list(header.items())
    rng.shuffle(items)
    header = dict(items)
    if rng.random() < 0.3:
        header["__metadata__"] = {"format": "pt"}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(pieces)


def gguf(rng: random.Random) -> bytes:
    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    alignment = rng.choice([32, 64, 4096])
    values = [
        (b"general.alignment", 4, struct.pack("<I", alignment)),
        (b"general.name", 8, text(b"lid")),
        (b"tokens", 9, struct.pack("<IQ", 8, 3) + text(b"a") + text(b"bc") + text(b"")),
        (b"scores", 9, struct.pack("<IQ", 5, 4) + bytes(16)),
    ]
    rng.shuffle(values)
    head = b"".join(text(name) + struct.pack("<I", kind) + value for name, kind, value in values)
    tensors: list[bytes] = []
    position = 0
    count = rng.randrange(1, 12)
    for index in range(count):
        size = a_size(rng)
        head += text(f"tensor.{index}".encode()) + struct.pack("<IQIQ", 1, size, 0, position)
        tensors.append(noise(rng, size) + bytes(-size % alignment))
        position += len(tensors[-1])
    head = b"GGUF" + struct.pack("<IQQ", 3, count, len(values)) + head
    return head + bytes(-len(head) % alignment) + b"".join(tensors)


def archive(rng: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        add_entries(rng, file)
    return buffer.getvalue()


class Stream(io.RawIOBase):
    """What can't go back: sizes come behind the bytes."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        before = len(self.bytes)
        self.bytes += data  # type: ignore[arg-type]
        return len(self.bytes) - before


def streamed_archive(rng: random.Random) -> bytes:
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as file:
        add_entries(rng, file)
    return bytes(stream.bytes)


def add_entries(rng: random.Random, file: zipfile.ZipFile) -> None:
    for index in range(rng.randrange(1, 9)):
        names = [f"run/data/{index}", f"run/data.pkl{index}", f"vars/{index}.npy", f"config{index}.json"]
        entry = zipfile.ZipInfo(rng.choice(names))
        entry.compress_type = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
        with file.open(entry, "w", force_zip64=rng.random() < 0.3) as writer:
            writer.write(noise(rng, a_size(rng)))


def onnx(rng: random.Random) -> bytes:
    def varint(value: int) -> bytes:
        encoded = bytearray()
        while value > 0x7F:
            encoded.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*encoded, value])

    def field(number: int, value: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(value)) + value

    graph = b""
    for index in range(rng.randrange(1, 10)):
        tensor = field(8, f"weight.{index}".encode()) if rng.random() < 0.9 else b""
        tensor += field(9, noise(rng, a_size(rng)))
        if rng.random() < 0.2:
            tensor += field(8, b"late")
        graph += field(5, tensor)
        if rng.random() < 0.4:
            graph += field(1, noise(rng, rng.randrange(2000)))
    model = b"\x08\x07" + field(2, b"pytorch") + field(7, graph)
    if rng.random() < 0.5:
        model += field(8, b"opset")
    if rng.random() < 0.1:
        model += b"\x0f\xff"
    return model


def plain(rng: random.Random) -> bytes:
    return noise(rng, a_size(rng)) + noise(rng, a_size(rng))


def a_file(seed: int) -> bytes:
    rng = random.Random(seed)
    data = rng.choice([safetensors, gguf, archive, streamed_archive, onnx, plain])(rng)
    if rng.random() < 0.35 and len(data) > 1:
        data = data[: rng.randrange(len(data))]
    if rng.random() < 0.15 and len(data) > 20:
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(min(len(damaged), 3000))] = rng.randrange(256)
        data = bytes(damaged)
    return data


def main() -> None:
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for seed in range(first, first + count):
        data = a_file(seed)
        (folder / str(seed)).write_bytes(data)
        (folder / f"{seed}.json").write_text(json.dumps(list(chunk_lengths(data))))


main()
