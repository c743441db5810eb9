# pyright: basic, reportMissingImports=false
"""Models for ONNX Runtime."""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from modelbox.errors import CorruptData, InvalidInput
from modelbox.loading.frameworks import import_framework
from modelbox.transfer.limits import MAX_PATH_BYTES

_LOCATION = b"\n\x08location\x12"
"""The key of an entry of `external_data`, as protobuf has it, and the tag of its value, a text."""
_MAX_LOCATIONS = 200_000


def load_onnx(path: Path, shown: str, *, providers: Sequence[Any] | None, options: Mapping[str, Any]) -> Any:
    """A session. It opens the file itself, and maps data that is outside of it."""
    onnxruntime = import_framework("onnxruntime", shown)
    chosen = onnxruntime.get_available_providers() if providers is None else list(providers)
    try:
        return onnxruntime.InferenceSession(str(path), **{"providers": chosen, **options})
    except Exception as error:
        # Its exceptions have no public names.
        if type(error).__name__ != "InvalidProtobuf":
            raise
        raise CorruptData(f"{shown} is no model of ONNX, or a damaged one.") from error


def data_files(path: Path, shown: str) -> list[str]:
    """The stored paths of the files that a model has its tensors in, apart from itself.

    Raises `InvalidInput` for one that is not beside or below the model.
    """
    if path.stat().st_size == 0:
        raise CorruptData(f"{shown} is empty.")
    found: dict[str, None] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_LOCATION)
        while at >= 0:
            at += len(_LOCATION)
            location = _text(data, at)
            if location is not None:
                found[_beside(shown, location)] = None
            if len(found) > _MAX_LOCATIONS:
                raise CorruptData(f"{shown} names more than {_MAX_LOCATIONS} files.")
            at = data.find(_LOCATION, at)
    return list(found)


def _text(data: mmap.mmap, at: int) -> str | None:
    """A text after its length; `None` where there is none, as in a tensor that has the same bytes by chance."""
    length = 0
    for shift in (0, 7):
        if at >= len(data):
            return None
        length |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            break
    else:
        return None
    if not 0 < length <= MAX_PATH_BYTES or at + length > len(data):
        return None
    try:
        return data[at : at + length].decode("utf-8")
    except UnicodeDecodeError:
        return None


def _beside(shown: str, location: str) -> str:
    path = PurePosixPath(location)
    if path.is_absolute() or ".." in path.parts or "\\" in location:
        raise InvalidInput(
            f"{shown} wants tensors of {location!r}, which is not beside it; nothing was loaded."
        )
    return str(PurePosixPath(shown).parent / path)
