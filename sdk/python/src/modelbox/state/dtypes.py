"""Types of elements, and how safetensors has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Dtype:
    """A type of elements."""

    name: str
    """As PyTorch and NumPy call it."""
    item_bytes: int
    stored_as: str
    """The code in the file."""
    parts: int = 1
    """With 2, an element is two numbers of the file's type: its real and its imaginary part."""
    is_own: bool = True
    """The file's code says which type it is; else state.json does."""

    def stored_shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape in the file."""
        return (*shape, self.parts) if self.parts > 1 else tuple(shape)


_ALL = (
    Dtype("bool", 1, "BOOL"),
    Dtype("uint8", 1, "U8"),
    Dtype("int8", 1, "I8"),
    Dtype("uint16", 2, "U16"),
    Dtype("int16", 2, "I16"),
    Dtype("uint32", 4, "U32"),
    Dtype("int32", 4, "I32"),
    Dtype("uint64", 8, "U64"),
    Dtype("int64", 8, "I64"),
    Dtype("float16", 2, "F16"),
    Dtype("bfloat16", 2, "BF16"),
    Dtype("float32", 4, "F32"),
    Dtype("float64", 8, "F64"),
    Dtype("float8_e4m3fn", 1, "F8_E4M3"),
    Dtype("float8_e5m2", 1, "F8_E5M2"),
    # What older readers of safetensors would refuse the whole file for.
    Dtype("float8_e4m3fnuz", 1, "U8", is_own=False),
    Dtype("float8_e5m2fnuz", 1, "U8", is_own=False),
    Dtype("float8_e8m0fnu", 1, "U8", is_own=False),
    Dtype("float4_e2m1fn_x2", 1, "U8", is_own=False),
    Dtype("complex32", 4, "F16", parts=2, is_own=False),
    Dtype("complex64", 8, "F32", parts=2, is_own=False),
    Dtype("complex128", 16, "F64", parts=2, is_own=False),
)

DTYPES = {one.name: one for one in _ALL}
"""By name."""
STORED = {one.stored_as: one for one in _ALL if one.is_own}
"""By the file's code."""
