# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""The random numbers of a program: where Python, NumPy, PyTorch and its GPUs stand."""

from __future__ import annotations

import random
import sys
from typing import Any

import torch


def random_state() -> dict[str, Any]:
    """Where the generators of random numbers of this process stand, as a state that can be saved.

    Has `python`, `torch`, `numpy` where that is imported, and `cuda` (one for each GPU) where that is in use. Workers
    of data loaders and generators of one's own are not in it.
    """
    state: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        state["numpy"] = numpy.random.get_state()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Lets the generators go on from a state of `random_state`.

    Of GPUs, those that both machines have.
    """
    random.setstate(state["python"])
    torch.set_rng_state(state["torch"].cpu())
    if "numpy" in state:
        import numpy

        numpy.random.set_state(state["numpy"])
    if torch.cuda.is_available():
        for device, one in enumerate(state.get("cuda", [])[: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(one.cpu(), device)
