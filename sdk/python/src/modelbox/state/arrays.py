"""What this package must know of the arrays of a framework."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from modelbox.state.dtypes import Dtype
from modelbox.state.memory import Memory

Tag: TypeAlias = Literal["tensor", "array", "scalar", "bytes"]
"""What an array was: a tensor of PyTorch, an array of NumPy, a scalar of NumPy, or long bytes."""


@dataclass(frozen=True)
class Array:
    """An array that is to be saved."""

    tag: Tag
    value: Any
    dtype: Dtype
    shape: tuple[int, ...]
    identity: Hashable
    """Equal for two that share all of their memory in the same way: they are stored once. Valid while the values that
    both are of live."""


@dataclass(frozen=True)
class Placed:
    """Where the bytes of an array go."""

    array: Array
    offset: int
    """In the memory, in bytes."""


class Target(Protocol):
    """Where a stored array is restored to."""

    @property
    def memory(self) -> memoryview | None:
        """All of its bytes, to be written to; `None` where only `write` reaches them."""
        ...

    def write(self, offset: int, data: memoryview) -> None:
        """Takes some of the bytes, from any thread; where there is no `memory`."""
        ...

    def finish(self) -> Any:
        """The value, once all bytes are there."""
        ...


class ArrayKind(Protocol):
    """The arrays of a framework, and its other values that a state may have."""

    tags: frozenset[Tag]
    """Of the arrays that `describe` gives."""

    def describe(self, value: Any, where: str) -> Array | None:
        """The value as an array; `None` when it is not one of this framework's.

        Raises `InvalidInput`, which names `where`, for one that can't be stored.
        """
        ...

    def memory_for(self, arrays: Sequence[Array]) -> Callable[[int], Memory] | None:
        """How to get memory that suits these arrays, by its size in bytes; `None` where any does."""
        ...

    def copy(self, arrays: Sequence[Placed], memory: Memory) -> None:
        """Copies arrays as contiguous little-endian bytes; returns when all are there."""
        ...

    def encode(self, value: Any) -> tuple[str, Any] | None:
        """Another value of the framework as a tag (without `$`) and plain lists and texts; `None` if it is none."""
        ...

    def decode(self, tag: str, payload: Any) -> Any:
        """The value again. Raises `KeyError` where the tag is not of this framework, `ValueError` where it can't be."""
        ...

    def target(
        self, tag: Tag, dtype: Dtype, shape: tuple[int, ...], into: Any, where: str, is_strict: bool
    ) -> Target | None:
        """Where to restore an array to; `None` when that is another framework's business.

        `into` is what stands there now, or `None`. Where it can't take the array, it is left alone, or with `is_strict`
        `InvalidInput` is raised, which names `where`.
        """
        ...

    def own_state(self, value: Any) -> Any:
        """The state of an object such as a module, as containers of its own arrays; `None` where there is no such."""
        ...
