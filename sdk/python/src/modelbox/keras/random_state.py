# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""The random numbers of a training: where Python, NumPy, Keras and PyTorch stand.

The seed generators of layers are variables of the model, and are saved with it.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

from modelbox.keras.variables import arrays_of, assign


def random_state() -> dict[str, Any]:
    """Where all generators of this process stand now."""
    if "torch" in sys.modules:
        from modelbox.torch import random_state as state_of_torch

        state = state_of_torch()
    else:
        state = {"python": random.getstate(), "numpy": np.random.get_state()}
    # For `keras.random` without a seed; there is none before it was needed.
    generator = global_state.get_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR)
    state["keras"] = None if generator is None else next(iter(arrays_of([generator.state]).values()))
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Lets all go on from a state of `random_state`."""
    if "torch" in state and "torch" in sys.modules:
        import torch

        from modelbox.torch import set_random_state as set_state_of_torch

        set_state_of_torch({**state, "torch": torch.as_tensor(state["torch"])})
    else:
        random.setstate(state["python"])
        np.random.set_state(state["numpy"])
    if state.get("keras") is None:
        global_state.set_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR, None)
    else:
        assign([(seed_generator.global_seed_generator().state, state["keras"])])
