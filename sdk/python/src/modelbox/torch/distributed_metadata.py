# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""What `torch.distributed.checkpoint` must know of a checkpoint, as JSON: its own form is a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import Any, cast

import torch
from torch.distributed.checkpoint.metadata import (
    BytesStorageMetadata,
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
    TensorStorageMetadata,
)

from modelbox.errors import CorruptData, InvalidInput
from modelbox.state.dtypes import DTYPES
from modelbox.state.limits import MAX_DIMENSIONS, MAX_SIZE_BYTES, MAX_TREE_BYTES
from modelbox.state.put_together import PutTogether
from modelbox.state.tree import take_apart
from modelbox.torch.distributed_layout import StoredItem, stored_dtype
from modelbox.torch.tensors import TorchKind

METADATA_FILE = "distributed.json"
_FORMAT = "modelbox-distributed"
_FORMAT_VERSION = 1


def write_metadata(metadata: Metadata, stored: Mapping[MetadataIndex, StoredItem]) -> bytes:
    """The file. `stored` has all items of all ranks."""
    values: dict[str, Any] = {}
    for name, value in metadata.state_dict_metadata.items():
        if isinstance(value, TensorStorageMetadata):
            properties = value.properties
            values[name] = {
                "dtype": stored_dtype(name, properties.dtype).name,
                "size": list(value.size),
                "requires_grad": bool(properties.requires_grad),
                "strides": _list_or_none(getattr(properties, "strides", None)),
                "chunks": [
                    [
                        list(chunk.offsets),
                        list(chunk.sizes),
                        *_place(stored, MetadataIndex(name, chunk.offsets)),
                    ]
                    for chunk in value.chunks
                ],
            }
        else:
            values[name] = {"bytes": _place(stored, MetadataIndex(name))}
    # What the planner notes there are names and places in the state; anything else is refused.
    planner_data = take_apart(metadata.planner_data, [TorchKind()])
    if planner_data.arrays:
        raise InvalidInput("The planner's notes have tensors, which DistributedWriter can't store.")
    text = json.dumps(
        {
            "format": _FORMAT,
            "version": _FORMAT_VERSION,
            "state": values,
            "planner_data": planner_data.root,
        },
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
    if len(text) > MAX_TREE_BYTES:
        raise InvalidInput(f"The list of the tensors takes {len(text)} bytes, more than {MAX_TREE_BYTES}.")
    return text


def read_metadata(data: bytes, sizes: Mapping[str, int]) -> Metadata:
    """The metadata, with a dictionary of `StoredItem` as its `storage_data`; `sizes` are those of the files, in bytes.

    Raises `CorruptData` where it can't be, `InvalidInput` where it is newer than this package.
    """
    try:
        found = json.loads(data.decode("utf-8"))
        if found["format"] != _FORMAT:
            raise ValueError("it is something else")
        if found["version"] != _FORMAT_VERSION:
            raise InvalidInput(
                f"The checkpoint was saved in version {found['version']} of its form, and this package knows "
                f"{_FORMAT_VERSION}; install a newer modelbox."
            )
        stored: dict[MetadataIndex, StoredItem] = {}
        state: dict[str, Any] = {}
        for name, value in found["state"].items():
            state[name] = _value(name, value, stored, sizes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptData(
            f"{METADATA_FILE} is not what a DistributedWriter has written: {error!r}."
        ) from None
    put_together = PutTogether([TorchKind()], _no_array, _no_object)
    return Metadata(
        state_dict_metadata=state,
        planner_data=put_together.build(found.get("planner_data"), None),
        storage_data=stored,
    )


def _value(
    name: str, value: Mapping[str, Any], stored: dict[MetadataIndex, StoredItem], sizes: Mapping[str, int]
) -> Any:
    if "bytes" in value:
        stored[MetadataIndex(name)] = _item(value["bytes"], sizes, None)
        return BytesStorageMetadata()
    known = DTYPES.get(value["dtype"])
    dtype = getattr(torch, str(value["dtype"]), None) if known is not None else None
    if known is None or not isinstance(dtype, torch.dtype):
        raise InvalidInput(
            f"{name} is a tensor of {value['dtype']!r}, which this package or this PyTorch does not know; install "
            "newer ones."
        )
    size = _whole_numbers(value["size"])
    chunks: list[ChunkStorageMetadata] = []
    for offsets, lengths, *place in value["chunks"]:
        chunk = ChunkStorageMetadata(torch.Size(_whole_numbers(offsets)), torch.Size(_whole_numbers(lengths)))
        ends = [begin + length for begin, length in zip(chunk.offsets, chunk.sizes, strict=True)]
        if len(ends) != len(size) or any(end > most for end, most in zip(ends, size, strict=True)):
            raise ValueError(f"a part of {name} is not in it")
        chunks.append(chunk)
        expected = known.item_bytes * prod(chunk.sizes)
        stored[MetadataIndex(name, chunk.offsets)] = _item(place, sizes, expected)
    properties = TensorProperties(dtype=dtype, requires_grad=bool(value["requires_grad"]))
    if value.get("strides") is not None and hasattr(properties, "strides"):
        properties.strides = tuple(_whole_numbers(value["strides"]))
    return TensorStorageMetadata(properties, torch.Size(size), chunks)


def _item(place: Any, sizes: Mapping[str, int], expected_bytes: int | None) -> StoredItem:
    path, offset, size_bytes = place
    offset, size_bytes = _whole_numbers([offset, size_bytes])
    if not isinstance(path, str) or path not in sizes:
        raise ValueError(f"there is no file {path!r}")
    if offset + size_bytes > sizes[path]:
        raise ValueError(f"{path} ends before {offset + size_bytes} bytes")
    if expected_bytes is not None and size_bytes != expected_bytes:
        raise ValueError(f"{size_bytes} bytes stand where {expected_bytes} are to be")
    return StoredItem(path, offset, size_bytes)


def _place(stored: Mapping[MetadataIndex, StoredItem], index: MetadataIndex) -> list[Any]:
    item = stored.get(index)
    if item is None:
        raise InvalidInput(f"No rank has saved {index.fqn} at {index.offset}.")
    return [item.path, item.offset, item.size_bytes]


def _whole_numbers(value: Any) -> list[int]:
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        raise ValueError("sizes are no short list")
    for number in cast("list[Any]", value):
        if type(number) is not int or not 0 <= number <= MAX_SIZE_BYTES:
            raise ValueError(f"{number!r} is no size")
    return value


def _list_or_none(value: Any) -> list[int] | None:
    return None if value is None else list(value)


def _no_array(*_facts: Any) -> Any:
    raise CorruptData(f"{METADATA_FILE} has tensors where there are none.")


def _no_object(_index: object, _where: str) -> Any:
    raise CorruptData(f"{METADATA_FILE} has pickled objects where there are none.")
