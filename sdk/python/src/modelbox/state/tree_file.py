"""What state.json says, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from modelbox.errors import CorruptData, InvalidInput
from modelbox.state.dtypes import DTYPES, Dtype
from modelbox.state.header import Entry
from modelbox.state.layout import FORMAT, FORMAT_VERSION, TREE_FILE
from modelbox.state.tree import Node


@dataclass(frozen=True)
class StoredArray:
    """An array of a checkpoint."""

    entry: Entry
    """Where it stands."""
    dtype: Dtype
    shape: tuple[int, ...]


@dataclass(frozen=True)
class TreeFile:
    """The tree, and the types of arrays that the tensors' file can't name."""

    root: Node
    dtypes: Mapping[str, Dtype]

    def array(self, name: object, entries: Mapping[str, Entry]) -> StoredArray:
        """An array by the name that the tree has for it."""
        entry = entries.get(name) if isinstance(name, str) else None
        if entry is None:
            raise _corrupt(f"it names the tensor {name!r}, which is not there")
        own = self.dtypes.get(entry.name)
        if own is None:
            return StoredArray(entry, entry.dtype, entry.shape)
        shape = entry.shape[:-1] if own.parts > 1 else entry.shape
        if own.stored_as != entry.dtype.stored_as or own.stored_shape(shape) != entry.shape:
            raise _corrupt(f"the tensor {entry.name!r} can't be of the type {own.name}")
        return StoredArray(entry, own, shape)


def read_tree(data: bytes) -> TreeFile:
    """Reads state.json. Raises `CorruptData` where it is not one, `InvalidInput` where it is newer than the package."""
    try:
        found: object = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _corrupt(str(error)) from None
    if not isinstance(found, dict):
        raise _corrupt("it is no object")
    fields = cast("dict[str, Any]", found)
    if fields.get("format") != FORMAT or "state" not in fields:
        raise _corrupt("it is something else")
    version = fields.get("version")
    if version != FORMAT_VERSION:
        raise InvalidInput(
            f"The checkpoint was saved in version {version} of its form, and this package knows {FORMAT_VERSION}; "
            "install a newer modelbox."
        )
    dtypes = fields.get("dtypes")
    if not isinstance(dtypes, dict):
        raise _corrupt("it has no types")
    known: dict[str, Dtype] = {}
    for name, dtype in cast("dict[str, object]", dtypes).items():
        found_dtype = DTYPES.get(str(dtype))
        if found_dtype is None:
            raise InvalidInput(
                f"The tensor {name!r} is of the type {dtype!r}, which this package does not know; install a newer one."
            )
        known[name] = found_dtype
    return TreeFile(fields["state"], known)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands there twice")
    return result


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no number")


def _corrupt(what: str) -> CorruptData:
    return CorruptData(f"{TREE_FILE} is not what a saved state has: {what}.")
