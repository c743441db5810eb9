"""The files of a saved state, and where each array stands in them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelbox.errors import InvalidInput
from modelbox.state.arrays import Array, Placed
from modelbox.state.header import write_header
from modelbox.state.limits import MAX_HEADER_BYTES, MAX_OBJECTS_BYTES, MAX_TREE_BYTES
from modelbox.state.tree import Tree

TENSORS_FILE = "state.safetensors"
TREE_FILE = "state.json"
OBJECTS_FILE = "objects.pkl"
FORMAT = "modelbox-state"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Layout:
    """What is to be written."""

    before: bytes
    """What stands before the first array."""
    placed: Sequence[Placed]
    """Where the arrays stand in TENSORS_FILE."""
    tensors_bytes: int
    """Size of TENSORS_FILE."""
    tree: bytes
    """TREE_FILE."""
    objects: bytes | None
    """OBJECTS_FILE, where there is need of one."""


def lay_out(tree: Tree) -> Layout:
    """Places the arrays of a state.

    Those of larger elements come first, so that all are aligned to their elements, as the format allows no gaps; among
    equals the order is that of the state, which makes files of successive checkpoints alike.
    """
    named = sorted(tree.arrays.items(), key=lambda one: -one[1].dtype.item_bytes)
    # So that other programs know whose tensors they are, as those of Hugging Face ask.
    has_tensors = any(array.tag == "tensor" for array in tree.arrays.values())
    before, offsets, size_bytes = write_header(
        [(name, array.dtype, array.dtype.stored_shape(array.shape)) for name, array in named],
        {"format": "pt" if has_tensors else "np"},
    )
    _check("names of the tensors", len(before), MAX_HEADER_BYTES)
    text = json.dumps(
        {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "dtypes": {name: array.dtype.name for name, array in named if not array.dtype.is_own},
            "state": tree.root,
        },
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
    _check("state without its tensors", len(text), MAX_TREE_BYTES)
    objects = _pickled(tree.objects) if tree.objects else None
    if objects is not None:
        _check("pickled objects", len(objects), MAX_OBJECTS_BYTES)
    arrays: list[Array] = [array for _, array in named]
    placed = [Placed(array, offset) for array, offset in zip(arrays, offsets, strict=True)]
    return Layout(before, placed, size_bytes, text, objects)


def _pickled(objects: list[Any]) -> bytes:
    try:
        return pickle.dumps(objects, protocol=4)
    except Exception as error:
        raise InvalidInput(f"An object of the state can't be pickled: {error}") from error


def _check(what: str, size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise InvalidInput(
            f"The {what} would take {size_bytes} bytes; {limit_bytes} is the most. Store large data as tensors."
        )
