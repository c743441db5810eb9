"""The frameworks whose arrays a state may have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from modelbox.state.arrays import ArrayKind


def kinds_to_save() -> Sequence[ArrayKind]:
    """Those that this program uses: what it has not imported, its state has nothing of."""
    kinds: list[ArrayKind] = []
    if "torch" in sys.modules:
        kinds.append(_torch_kind(None))
    if "numpy" in sys.modules:
        kinds.append(_numpy_kind())
    return kinds


def kinds_to_restore(map_location: Any = None) -> Sequence[ArrayKind]:
    """Those that are installed. `map_location` is where tensors of PyTorch go."""
    kinds: list[ArrayKind] = []
    if find_spec("torch") is not None:
        kinds.append(_torch_kind(map_location))
    if find_spec("numpy") is not None:
        kinds.append(_numpy_kind())
    return kinds


def _torch_kind(map_location: Any) -> ArrayKind:
    from modelbox.torch.tensors import TorchKind

    return TorchKind(map_location)


def _numpy_kind() -> ArrayKind:
    from modelbox.state.numpy_arrays import NumpyKind

    return NumpyKind()
