# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""The random numbers of a training: where Python, NumPy, Keras and PyTorch stand.

The seed generators of layers are variables of the model, and are saved with it.
"""

from __future__ import annotations

import sys
from typing import Any

from keras.src.backend.common import global_state
from keras.src.random import seed_generator

from modelbox.keras.variables import arrays_of, assign
from modelbox.resume import random_state as general


def random_state() -> dict[str, Any]:
    """Where all generators of this process stand now."""
    state = general.random_state()
    # For `keras.random` without a seed; there is none before it was needed.
    generator = global_state.get_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR)
    state["keras"] = None if generator is None else next(iter(arrays_of([generator.state]).values()))
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Lets all go on from a state of `random_state`."""
    others = dict(state)
    if "torch" not in sys.modules:
        others.pop("torch", None)
    elif "torch" in others:
        import torch

        # Where another backend restores, they come as arrays.
        others["torch"] = torch.as_tensor(others["torch"])
        others["cuda"] = [torch.as_tensor(one) for one in others.get("cuda", ())]
    general.set_random_state(others)
    if state.get("keras") is None:
        global_state.set_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR, None)
    else:
        assign([(seed_generator.global_seed_generator().state, state["keras"])])
