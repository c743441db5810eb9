"""What the tests of transfers share."""

import hashlib
import os
import random
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelbox._gen.artifact_service_pb2 import File
from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.experiment_service_pb2 import CreateExperimentRequest
from modelbox._gen.methods import CheckpointService, ExperimentService
from modelbox.connection import Connection
from modelbox.transfer import FileSource, UploadReport, list_files, upload_files

MIB = 1 << 20


def noise(seed: int, size: int) -> bytes:
    """Bytes that no file of another seed or size has: tests share a server, which stores equal ones once."""
    return random.Random(f"{seed} {size}").randbytes(size)


def new_experiment(connection: Connection) -> str:
    """`namespace/experiment`, both new: what one test stores no other one has."""
    namespace = f"n-{uuid.uuid4().hex}"
    connection.call(
        ExperimentService.CreateExperiment, CreateExperimentRequest(namespace=namespace, name="run")
    )
    return f"{namespace}/run"


def save(connection: Connection, experiment: str, step: int, files: Any, **options: Any) -> UploadReport:
    """Commits files as a checkpoint."""
    with upload_files(connection, experiment.split("/")[0], files, **options) as uploaded:
        request = CreateCheckpointRequest(experiment=experiment, step=step, files=uploaded.file_set())
        connection.call(CheckpointService.CreateCheckpoint, request)
        return uploaded.report


def latest(experiment: str) -> str:
    return f"checkpoint:{experiment}/latest"


def stored_file(connection: Connection, what: str, path: str) -> File:
    return next(file for file in list_files(connection, FileSource.of(what)) if file.path == path)


def tree(folder: Path) -> dict[str, str]:
    """The digests of all files of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@contextmanager
def forked() -> Generator[bool]:
    """True in a child, whose status the parent checks at the end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            yield True
            status = 0
        finally:
            os._exit(status)
    yield False
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
