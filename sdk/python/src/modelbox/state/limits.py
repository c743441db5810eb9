"""The limits that saved states keep."""

from __future__ import annotations

MIB = 1 << 20

MAX_DEPTH = 100
"""Of dictionaries and lists within each other."""
MAX_TENSORS = 200_000
MAX_HEADER_BYTES = 32 * MIB
"""Of state.safetensors; the reference reader takes up to 100 MB."""
MAX_TREE_BYTES = 64 * MIB
"""Of state.json."""
MAX_OBJECTS_BYTES = 1024 * MIB
"""Of objects.pkl, which is read into memory."""
MAX_INLINE_BYTES = 4 << 10
"""Longer bytes are kept with the tensors."""
MAX_SIZE_BYTES = 1 << 52
MAX_DIMENSIONS = 64
ALIGNMENT_BYTES = 64
"""The first tensor begins at a multiple of this; the others too where their sizes allow, as the format has no gaps."""
