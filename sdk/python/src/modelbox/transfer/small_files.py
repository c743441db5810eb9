"""Many small files with one request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from modelbox.transfer.blob_client import BlobClient
from modelbox.transfer.server import ReadLimits
from modelbox.transfer.stored_chunks import wrong_bytes
from modelbox.transfer.wanted_files import StoredFile


def group_small_files(
    files: Sequence[StoredFile], limits: ReadLimits, most_bytes: int
) -> tuple[list[list[StoredFile]], list[StoredFile]]:
    """Files that can be asked for together, and the others. Only what has a verified digest can be checked whole."""
    groups: list[list[StoredFile]] = []
    others: list[StoredFile] = []
    size = 0
    for file in files:
        if limits.max_files == 0 or not file.sha256 or not 0 < file.size <= min(most_bytes, limits.max_bytes):
            others.append(file)
            continue
        size += file.size
        if not groups or len(groups[-1]) == limits.max_files or size > limits.max_bytes:
            groups.append([])
            size = file.size
        groups[-1].append(file)
    return groups, others


def bring_small_files(
    blobs: BlobClient,
    files: Sequence[StoredFile],
    memory: memoryview,
    on_file: Callable[[StoredFile, memoryview], None],
) -> None:
    """Fetches whole files into memory, and gives each to `on_file` once all of them are right."""
    if not files:
        return
    into = memory[: sum(file.size for file in files)]

    def pieces() -> Iterator[tuple[StoredFile, memoryview]]:
        begin = 0
        for file in files:
            yield file, into[begin : begin + file.size]
            begin += file.size

    def check() -> None:
        for file, data in pieces():
            if hashlib.sha256(data).hexdigest() != file.sha256:
                raise wrong_bytes(file.path, 0)

    blobs.read_files([file.id for file in files], into, check)
    for file, data in pieces():
        on_file(file, data)
