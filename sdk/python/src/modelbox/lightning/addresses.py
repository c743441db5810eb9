"""What the paths that Lightning knows checkpoints by stand for."""

from __future__ import annotations

import os
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import PurePath

from modelbox.errors import InvalidInput

SCHEME = "modelbox://"
LATEST = "latest"
PATH_LABEL = "lightning/path"
"""The label with the path by which Lightning knows a checkpoint."""
_MAX_STEM_LENGTH = 90
_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True)
class Address:
    """`modelbox://namespace/experiment/checkpoint`."""

    experiment: str
    """`namespace/experiment`."""
    name: str
    """Of the checkpoint, or `latest`."""

    @property
    def is_exact(self) -> bool:
        """Whether the name is one that a checkpoint can have: those that Lightning makes have other characters too."""
        return _NAME.fullmatch(self.name) is not None and ".." not in self.name

    @property
    def path(self) -> str:
        """As the server takes it."""
        return f"{self.experiment}/{self.name}"


def address_of(path: str | os.PathLike[str]) -> Address | None:
    """The address that a path is; `None` for one on disk."""
    text = os.fspath(path)
    # Where it went through a `Path`, or was put together with one, it has lost a slash.
    match = re.match(r"modelbox:/+(.*)", text)
    if match is None:
        return None
    parts = match[1].strip("/").split("/", 2)
    if len(parts) != 3:
        raise InvalidInput(
            f"{text} is no checkpoint: give {SCHEME}namespace/experiment/checkpoint, which may be {LATEST}."
        )
    return Address(f"{parts[0]}/{parts[1]}", parts[2])


def key_of(path: str | os.PathLike[str]) -> str:
    """The same for all ways to write a path."""
    address = address_of(path)
    return f"{SCHEME}{address.path}" if address else os.path.normpath(os.fspath(path))


def name_for(path: str | os.PathLike[str], step: int, taken: Container[str]) -> str:
    """A name for the checkpoint that a path stands for, which none has had.

    It has the step, so that successive states of one path, such as `last.ckpt`, can be told apart.
    """
    stem = PurePath(path).name.removesuffix(".ckpt")
    stem = re.sub(r"\.\.+", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", stem))[:_MAX_STEM_LENGTH].strip("-.")
    if re.search(rf"(?<!\d){step}(?!\d)", stem) is None:
        stem = f"{stem}-step-{step}".lstrip("-")
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
