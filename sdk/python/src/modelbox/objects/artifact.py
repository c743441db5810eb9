"""Artifacts: named sets of files on an object, immutable once they are committed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, TypeAlias, cast
from urllib.parse import urlsplit

from modelbox._gen import artifact_service_pb2 as pb
from modelbox._gen.methods import ArtifactService
from modelbox.errors import InvalidInput, NotFound
from modelbox.objects.base import ServerObject
from modelbox.objects.decode import decode, decodes
from modelbox.objects.paging import Listing
from modelbox.transfer import (
    OnProgress,
    RandomAccessFile,
    StoredFile,
    Uploadable,
    download_files,
    open_file,
    upload_files,
)

Files: TypeAlias = "Mapping[str, Uploadable] | Iterable[str | os.PathLike[str]] | str | os.PathLike[str]"
"""Files to upload: a path of a file or folder, several of them, or by stored path what is stored there (a path, bytes,
or an object with `size` and `read_at(offset, length)`)."""


@decodes(pb.File)
@dataclass(frozen=True, kw_only=True)
class File:
    """A file of an artifact."""

    id: str
    """UUIDv7; never changes."""
    artifact_id: str
    path: str
    """Relative, with `/` between the parts."""
    size_bytes: int
    """-1 when a tracked file's size is not known."""
    sha256: str
    """Of the whole file. Empty until the server has verified it; for a tracked file, what the client said."""
    uri: str
    """Where a tracked file is; empty for a stored one."""
    digest_state: str
    """`verified`, `pending`, `mismatch`, or `unchecked` for a tracked file."""


@dataclass(frozen=True, kw_only=True)
class TrackedFile:
    """A file that stays outside."""

    uri: str
    """Absolute, with a scheme, up to 4,096 characters, without credentials. The server never opens it."""
    size_bytes: int | None = None
    """When it is known."""
    sha256: str = ""
    """64 lower-case hexadecimal digits, when it is known."""


class HasFiles(ServerObject):
    """An object with files of its own."""

    def files(self, prefix: str = "") -> Listing[File]:
        """Its files in the order of their paths: all, or those whose path is `prefix` or inside that folder."""
        artifact, owner = (self.id, "") if self.kind == "artifact" else ("", self.reference)

        request = pb.ListFilesRequest(
            artifact=artifact,
            object=owner,
            path_prefix=prefix,
        )
        return Listing(
            self._connection,
            ArtifactService.ListFiles,
            request,
            lambda page: [decode(File, one, self._connection) for one in page.files],
        )

    def download(
        self, path: str | os.PathLike[str], *, prefix: str = "", progress: OnProgress = None
    ) -> Path:
        """Downloads its files into the folder `path`, and returns that as an absolute path.

        What is there already and right is left alone, and a download that was interrupted goes on. All bytes are
        checked. A lease keeps the files from being deleted meanwhile.
        """
        report = download_files(self._connection, self.reference, path, prefix=prefix, progress=progress)
        return report.destination

    def open(self, path: str) -> RandomAccessFile:
        """Opens one of its files for reading any part of it, through the local cache of chunks.

        Raises `NotFound` where there is no such file.
        """
        found = next((one for one in self.files(path) if one.path == path), None)
        if found is None:
            raise NotFound(f'There is no file "{path}" in {self!r}; see `files()`.')
        if found.uri:
            raise InvalidInput(f"{path} is not kept by ModelBox; it is at {found.uri}.")
        sha256 = found.sha256 if found.digest_state == "verified" else ""
        return open_file(self._connection, StoredFile(found.id, found.path, found.size_bytes, sha256))

    def load(
        self,
        file: str | None = None,
        *,
        framework: str | None = None,
        map_location: Any = None,
        providers: Sequence[Any] | None = None,
        allow_pickle: bool = False,
        progress: OnProgress = None,
        **options: Any,
    ) -> Any:
        """Loads the model that its files are, for inference. What they are, their names say:

        - `.safetensors`, or several with their `.safetensors.index.json`: a dictionary of tensors of PyTorch, on the
          device `map_location`; without PyTorch, or with `framework="numpy"`, of arrays of NumPy. Mapped into memory.
        - `.pt`, `.pth`, `.ckpt`, `pytorch_model.bin`: `torch.load` with `weights_only=True`, mapped into memory.
        - `.keras`, `.h5`: `keras.saving.load_model` in its safe mode; `options` are for it, such as `compile=False`.
        - `.onnx`, `.ort`: an `onnxruntime.InferenceSession` on `providers`, by default all that there are; with the
          files that it has its tensors in. `options` are for it, for example `sess_options=`.
        - what `Experiment.save` has saved: the state.
        - `.pkl`, `.pickle`: only with `allow_pickle`.

        Where several come into question, the object's framework decides, or `framework` (`pytorch`, `keras`, `onnx`,
        `safetensors`, `numpy`, `pickle`) or `file`, a stored path; else `InvalidInput` names them.

        The files are put together in the local cache, checked, and used there, for reading only; the next time no byte
        of them moves. Only where the cache is off or has no room for them they are fetched each time.

        Nothing that could run code of whoever made the files is loaded unless `allow_pickle` says that you trust them.
        """
        from modelbox.loading import LoadOptions, load_object

        return load_object(
            self._connection,
            self.reference,
            str(getattr(self, "framework", "")),
            LoadOptions(
                file=file,
                framework=framework,
                map_location=map_location,
                providers=providers,
                allow_pickle=allow_pickle,
                progress=progress,
                more=options,
            ),
        )


@decodes(pb.Artifact)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Artifact(HasFiles):
    """An immutable set of files."""

    kind: ClassVar[str] = "artifact"

    namespace_id: str
    object_kind: str
    """What it belongs to, for example `checkpoint`."""
    object_id: str
    object_path: str
    name: str
    """Unique on the object; "default" for the one that was committed with it."""
    file_count: int
    size_bytes: int
    """Sum of the files' sizes."""
    created_at: datetime
    """When it was committed, in UTC."""

    def delete(self) -> None:
        """Deletes an artifact that was added later; a default artifact goes with its object."""
        self._connection.call(ArtifactService.DeleteArtifact, pb.DeleteArtifactRequest(artifact=self.id))


class HasArtifacts(ServerObject):
    """An object that artifacts can be added to."""

    def artifacts(self, *, filter: str = "", order_by: str = "") -> Listing[Artifact]:
        """Its artifacts, the newest first. `order_by` is name or created_at."""

        request = pb.ListArtifactsRequest(
            object=self.reference,
            filter=filter,
            order_by=order_by,
        )
        return Listing(
            self._connection,
            ArtifactService.ListArtifacts,
            request,
            lambda page: [decode(Artifact, one, self._connection) for one in page.artifacts],
        )

    def upload_artifact(self, files: Files, name: str = "", *, progress: OnProgress = None) -> Artifact:
        """Uploads files, and commits them as an artifact of this object.

        `name` is unique on the object; without one it is the name of the only file or folder, else "files". Only bytes
        that the server lacks are sent. The same files again return the artifact that is there.
        """
        chosen = name or _name_of(files)
        with upload_files(self._connection, self._namespace_id(), files, progress=progress) as uploaded:
            request = pb.CommitArtifactRequest(object=self.reference, name=chosen, files=uploaded.file_set())
            answer = self._connection.call(ArtifactService.CommitArtifact, request)
        return decode(Artifact, answer.artifact, self._connection)

    def track_artifacts(
        self, files: Mapping[str, str | TrackedFile] | Iterable[str], name: str = ""
    ) -> Artifact:
        """Records files that stay where they are, for example `s3://bucket/data.parquet`, as an artifact.

        `files` has addresses by the path that they are listed under, or only addresses, the last part of which is that
        path. `name` is unique on the object; without one it is the name of the only file, else "files".
        """
        if isinstance(files, str):
            raise InvalidInput(f'Give a list of addresses, ["{files}"], or addresses by path.')
        by_path: Mapping[str, str | TrackedFile]
        if isinstance(files, Mapping):
            by_path = cast("Mapping[str, str | TrackedFile]", files)
        else:
            by_path = {_last_part(uri): uri for uri in files}
        tracked = [_tracked(path, what) for path, what in by_path.items()]
        chosen = name or (_as_name(next(iter(by_path))) if len(by_path) == 1 else "files")
        request = pb.TrackArtifactRequest(object=self.reference, name=chosen, files=tracked)
        answer = self._connection.call(ArtifactService.TrackArtifact, request)
        return decode(Artifact, answer.artifact, self._connection)

    def _namespace_id(self) -> str:
        return str(getattr(self, "namespace_id", self.id))


def _tracked(path: str, what: str | TrackedFile) -> pb.TrackedFile:
    file = TrackedFile(uri=what) if isinstance(what, str) else what
    return pb.TrackedFile(path=path, uri=file.uri, size_bytes=file.size_bytes, sha256=file.sha256)


def _last_part(uri: str) -> str:
    return PurePosixPath(urlsplit(uri).path).name or urlsplit(uri).netloc


def _name_of(files: Files) -> str:
    paths: list[str | os.PathLike[str]]
    if isinstance(files, Mapping):
        paths = list(cast("Mapping[str, Uploadable]", files))
    elif isinstance(files, (str, os.PathLike)):
        paths = [files]
    else:
        return "files"
    return _as_name(Path(paths[0]).absolute().name) if len(paths) == 1 else "files"


def _as_name(text: str) -> str:
    """Names have letters, digits, `.`, `_` and `-`, and no `..`."""
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in text
    )
    while ".." in name:
        name = name.replace("..", ".")
    return name[:128].strip("-") or "files"
