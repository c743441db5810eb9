# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Tensors of safetensors files, mapped into memory: a page is read when somebody looks at it."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any, cast

from modelbox.errors import CorruptData, InvalidInput
from modelbox.loading.state import entries_of
from modelbox.state.header import Entry

_MAX_INDEX_BYTES = 64 << 20


def load_safetensors(path: Path, *, as_arrays: bool, map_location: Any) -> dict[str, Any]:
    """Tensors of PyTorch by name, in the order of the file, or arrays of NumPy where that is not installed.

    They are views of the mapped file. Writing to them changes this process's memory, never the file.
    """
    entries = entries_of(path)
    with path.open("rb") as file:
        # Private: what is written stays with this process.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if not as_arrays and find_spec("torch") is not None:
        return _tensors(entries, mapped, map_location)
    if find_spec("numpy") is None:
        raise InvalidInput("Tensors need torch or numpy; install one of them.")
    if map_location is not None:
        raise InvalidInput("map_location is for tensors of PyTorch; leave it out, or install torch.")
    return _arrays(entries, mapped)


def shards_of(index: Path, shown: str) -> Mapping[str, str]:
    """By the name of a tensor the stored path of its file, as the index `shown` says."""
    if index.stat().st_size > _MAX_INDEX_BYTES:
        raise CorruptData(f"{shown} has more than {_MAX_INDEX_BYTES} bytes.")
    try:
        weight_map = json.loads(index.read_bytes())["weight_map"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CorruptData(
            f"{shown} has no weight_map, so it does not say which file has which tensor."
        ) from None
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CorruptData(f"{shown} has a weight_map that is none.")
    folder = PurePosixPath(shown).parent
    return {name: str(folder / file) for name, file in cast("Mapping[str, str]", weight_map).items()}


def load_shards(
    folder: Path, shards: Mapping[str, str], *, as_arrays: bool, map_location: Any
) -> dict[str, Any]:
    """The tensors of several files, in the order of the index."""
    loaded = {
        path: load_safetensors(folder / path, as_arrays=as_arrays, map_location=map_location)
        for path in dict.fromkeys(shards.values())
    }
    tensors: dict[str, Any] = {}
    for name, path in shards.items():
        if name not in loaded[path]:
            raise CorruptData(f"{path} has no tensor {name!r}, which the index says it has.")
        tensors[name] = loaded[path][name]
    return tensors


def _tensors(entries: Mapping[str, Entry], mapped: mmap.mmap, map_location: Any) -> dict[str, Any]:
    import torch

    device = torch.device("cpu" if map_location is None else map_location)
    tensors: dict[str, Any] = {}
    for name, entry in entries.items():
        dtype = getattr(torch, entry.dtype.name, None)
        if dtype is None:
            raise InvalidInput(
                f"{name} is of type {entry.dtype.name}, which this PyTorch lacks; install a newer one."
            )
        if entry.size_bytes == 0:
            tensors[name] = torch.empty(entry.shape, dtype=dtype, device=device)
            continue
        data = torch.frombuffer(mapped, dtype=torch.uint8, count=entry.size_bytes, offset=entry.offset)
        if entry.offset % entry.dtype.item_bytes:
            data = data.clone()
        tensors[name] = data.view(dtype).view(entry.shape).to(device)
    return tensors


def _arrays(entries: Mapping[str, Entry], mapped: mmap.mmap) -> dict[str, Any]:
    import numpy as np

    from modelbox.state.numpy_arrays import numpy_dtype

    return {
        name: np.ndarray(entry.shape, numpy_dtype(entry.dtype, name), buffer=mapped, offset=entry.offset)
        if entry.size_bytes
        else np.empty(entry.shape, numpy_dtype(entry.dtype, name))
        for name, entry in entries.items()
    }
