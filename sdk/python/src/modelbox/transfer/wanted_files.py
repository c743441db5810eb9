"""What a download will write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from modelbox._gen.artifact_service_pb2 import DIGEST_STATE_VERIFIED, File, ListFilesRequest
from modelbox._gen.methods import ArtifactService
from modelbox.connection import Connection
from modelbox.errors import CorruptData, InvalidInput
from modelbox.transfer.limits import MAX_FILES, PAGE_SIZE
from modelbox.transfer.names import folded, local_path_problem
from modelbox.transfer.source_of_files import FileSource


@dataclass(frozen=True)
class StoredFile:
    """A file that ModelBox keeps."""

    id: str
    path: str
    size: int
    """In bytes."""
    sha256: str
    """Of the whole file when the server has verified it, else ""."""

    @staticmethod
    def of(file: File) -> StoredFile:
        """The file of a message."""
        if file.size_bytes < 0:
            raise CorruptData(
                f"The server says that {file.path} has {file.size_bytes} bytes, which can't be."
            )
        sha256 = file.sha256 if file.digest_state == DIGEST_STATE_VERIFIED else ""
        return StoredFile(file.id, file.path, file.size_bytes, sha256)


@dataclass(frozen=True)
class TrackedFile:
    """A file that stays where it is."""

    path: str
    uri: str


def list_files(connection: Connection, source: FileSource, path_prefix: str = "") -> Iterator[File]:
    """The files of an artifact, or of the default one of an object, in the order of their paths."""
    page_token = ""
    seen = 0
    while True:
        request = ListFilesRequest(
            artifact=source.artifact,
            object=source.object,
            path_prefix=path_prefix,
            page_size=PAGE_SIZE,
            page_token=page_token,
        )
        page = connection.call(ArtifactService.ListFiles, request)
        seen += len(page.files)
        if seen > MAX_FILES:
            raise CorruptData(f"The server lists more than {MAX_FILES} files, which no artifact has.")
        yield from page.files
        if page.next_page_token in ("", page_token):
            return
        page_token = page.next_page_token


def wanted_files(files: Iterator[File]) -> tuple[list[StoredFile], list[TrackedFile]]:
    """What is to be downloaded, and what can't be. The server is not trusted with names: a bad one ends it all."""
    stored: list[StoredFile] = []
    tracked: list[TrackedFile] = []
    earlier: set[str] = set()
    for file in files:
        if file.uri:
            tracked.append(TrackedFile(file.path, file.uri))
            continue
        problem = local_path_problem(file.path)
        if problem is not None:
            raise InvalidInput(f"The file {json.dumps(file.path)} can't be written here: its path {problem}.")
        name = folded(file.path)
        if name in earlier:
            raise InvalidInput(
                f"Two files would be written to {file.path}, because this system does not tell upper and lower "
                "case apart; download them one by one with `prefix`."
            )
        earlier.add(name)
        stored.append(StoredFile.of(file))
    return stored, tracked
