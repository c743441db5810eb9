"""Where the random numbers of a program stand."""

from __future__ import annotations

import random
import sys
from typing import Any


def random_state() -> dict[str, Any]:
    """Of Python, and of what the program has imported of NumPy and PyTorch, with its GPUs."""
    if "torch" in sys.modules:
        from modelbox.torch import random_state as torch_random_state

        return torch_random_state()
    state: dict[str, Any] = {"python": random.getstate()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        state["numpy"] = numpy.random.get_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Lets them go on from a state of `random_state`."""
    if "torch" in state:
        from modelbox.torch import set_random_state as set_torch_random_state

        set_torch_random_state(state)
        return
    random.setstate(state["python"])
    if "numpy" in state:
        import numpy

        numpy.random.set_state(state["numpy"])
