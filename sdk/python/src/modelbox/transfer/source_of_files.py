"""Which set of files, and how it is held while somebody reads it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from modelbox._gen.artifact_service_pb2 import GetArtifactRequest
from modelbox._gen.common_pb2 import OBJECT_KIND_CHECKPOINT, OBJECT_KIND_VERSION
from modelbox._gen.lease_service_pb2 import LEASE_KIND_RESTORE, AcquireLeaseRequest
from modelbox._gen.methods import ArtifactService, LeaseService
from modelbox.connection import Connection
from modelbox.errors import InvalidInput, ModelBoxError
from modelbox.holder import holder_name
from modelbox.transfer.lease_keeper import LeaseKeeper

_HELD_KINDS = {OBJECT_KIND_CHECKPOINT: "checkpoint", OBJECT_KIND_VERSION: "version"}
"""The kinds that a restore lease protects, as they are written before an id."""
_WRITES_NOTHING = ("READ_ONLY", "DATABASE_READ_ONLY", "STORAGE_FULL")
"""Why a server can give no lease that deletes nothing meanwhile either."""


@dataclass(frozen=True)
class FileSource:
    """The files of an artifact, or the default ones of an object: exactly one of the two is set."""

    artifact: str = ""
    """Id of an artifact."""
    object: str = ""
    """`checkpoint:` or `version:` and id or path."""

    @staticmethod
    def of(what: str) -> FileSource:
        """`checkpoint:…` or `version:…`, or the id of an artifact, with or without `artifact:` before it."""
        kind, colon, reference = what.partition(":")
        if not colon:
            return FileSource(artifact=what)
        if kind == "artifact":
            return FileSource(artifact=reference)
        if kind in _HELD_KINDS.values():
            return FileSource(object=what)
        raise InvalidInput(f'Only checkpoints, versions and artifacts have files to download, not "{what}".')


@contextmanager
def held(connection: Connection, source: FileSource) -> Generator[FileSource]:
    """Protects the checkpoint or version of the files from deletion; on other objects there is no such lease.

    What it gives names the object by id: a path such as `…/latest` may lead elsewhere a moment later.
    """
    keeper, source = _hold(connection, source)
    try:
        yield source
    finally:
        if keeper is not None:
            keeper.close()


def _hold(connection: Connection, source: FileSource) -> tuple[LeaseKeeper | None, FileSource]:
    held_object = source.object
    if not held_object:
        artifact = connection.call(
            ArtifactService.GetArtifact, GetArtifactRequest(artifact=source.artifact)
        ).artifact
        kind = _HELD_KINDS.get(artifact.object_kind)
        if kind is None:
            return None, source
        held_object = f"{kind}:{artifact.object_id}"
    request = AcquireLeaseRequest(kind=LEASE_KIND_RESTORE, object=held_object, holder=holder_name())
    try:
        lease = connection.call(LeaseService.AcquireLease, request).lease
    except ModelBoxError as error:
        if error.reason in _WRITES_NOTHING:
            return None, source
        raise
    # A lost lease only matters once somebody deletes the object, and then the next request says so.
    keeper = LeaseKeeper(connection, lease, gives_back=True)
    if source.artifact:
        return keeper, source
    return keeper, FileSource(object=f"{_HELD_KINDS[lease.object_kind]}:{lease.object_id}")
