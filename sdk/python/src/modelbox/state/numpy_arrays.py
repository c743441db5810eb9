# pyright: basic
"""Arrays and scalars of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from modelbox.errors import InvalidInput
from modelbox.state.arrays import Array, Placed, Tag
from modelbox.state.dtypes import DTYPES, Dtype
from modelbox.state.memory import Memory


class NumpyKind:
    """Arrays and scalars of NumPy; where PyTorch is not installed, its tensors are restored as arrays."""

    tags: frozenset[Tag] = frozenset({"array", "scalar"})

    def describe(self, value: Any, where: str) -> Array | None:
        if isinstance(value, np.ndarray):
            tag: Tag = "array"
            array: Any = value
        elif isinstance(value, np.generic):
            tag, array = "scalar", np.asarray(value)
        else:
            return None
        dtype = DTYPES.get(array.dtype.name)
        if dtype is None or array.dtype.itemsize != dtype.item_bytes:
            raise InvalidInput(
                f"{where} is an array of {array.dtype}, whose elements can't be stored as they are; convert it to "
                "numbers."
            )
        identity: Any = ("array", id(value))
        if tag == "array" and array.size:
            address = array.__array_interface__["data"][0]
            identity = ("memory", address, array.dtype.str, dtype.name, array.shape, array.strides)
        return Array(tag, array, dtype, tuple(array.shape), identity)

    def memory_for(self, arrays: Sequence[Array]) -> Callable[[int], Memory] | None:
        return None

    def copy(self, arrays: Sequence[Placed], memory: Memory) -> None:
        for one in arrays:
            array = one.array.value
            dtype = array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype
            target = np.ndarray(array.shape, dtype, buffer=memory.view, offset=one.offset)
            np.copyto(target, array)

    def encode(self, value: Any) -> tuple[str, Any] | None:
        if isinstance(value, np.dtype):
            return "numpy_dtype", value.str if value.kind != "V" else value.name
        return None

    def decode(self, tag: str, payload: Any) -> Any:
        if tag != "numpy_dtype":
            raise KeyError(tag)
        try:
            return np.dtype(str(payload))
        except TypeError as error:
            raise ValueError(str(error)) from error

    def target(
        self, tag: Tag, dtype: Dtype, shape: tuple[int, ...], into: Any, where: str, is_strict: bool
    ) -> NumpyTarget | None:
        if isinstance(into, np.ndarray):
            if into.shape == shape and into.flags.writeable:
                return NumpyTarget(into, numpy_dtype(dtype, where), tag)
            if is_strict:
                raise InvalidInput(
                    f"{where} has the shape {shape} in the checkpoint, and {into.shape} here, or can't be changed."
                )
        fresh = np.empty(shape, numpy_dtype(dtype, where))
        return NumpyTarget(fresh, fresh.dtype, tag)

    def own_state(self, value: Any) -> Any:
        return None


class NumpyTarget:
    """An array that is being restored."""

    def __init__(self, array: Any, dtype: Any, tag: Tag) -> None:
        self._array = array
        self._tag = tag
        is_direct = array.flags.c_contiguous and array.dtype == dtype
        self._received = array if is_direct else np.empty(array.shape, dtype)
        # As bytes, because not every type of element has a buffer of its own.
        self.memory: memoryview | None = memoryview(self._received.reshape(-1).view(np.uint8))

    def write(self, offset: int, data: memoryview) -> None:
        raise NotImplementedError

    def finish(self) -> Any:
        if self._received is not self._array:
            np.copyto(self._array, self._received, casting="unsafe")
        return self._array[()] if self._tag == "scalar" else self._array


def numpy_dtype(dtype: Dtype, where: str) -> Any:
    """NumPy's type. Raises `InvalidInput`, which names `where`, when it has none."""
    try:
        return np.dtype(dtype.name)
    except TypeError:
        pass
    try:
        # It gives NumPy the types that machine learning has besides.
        return np.dtype(getattr(import_module("ml_dtypes"), dtype.name))
    except (ImportError, AttributeError, TypeError):
        raise InvalidInput(
            f"{where} has elements of {dtype.name}, which NumPy does not know; install torch, or ml_dtypes."
        ) from None
