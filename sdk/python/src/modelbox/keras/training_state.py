# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""What is stored of a model and its training, and how it comes back."""

from __future__ import annotations

from typing import Any

import keras

from modelbox.errors import InvalidInput
from modelbox.keras.variables import arrays_of, assign, match
from modelbox.objects.checkpoint import Checkpoint


def state_of(model: Any, *, with_optimizer: bool = True) -> dict[str, Any]:
    """The variables of a model, its layers' seed generators included, and those of its optimizer."""
    state: dict[str, Any] = {
        "keras": {"version": keras.__version__, "backend": keras.backend.backend()},
        "model": arrays_of(model.variables),
    }
    optimizer = getattr(model, "optimizer", None) if with_optimizer else None
    if optimizer is not None and optimizer.built:
        state["optimizer"] = arrays_of(optimizer.variables)
    return state


def load_weights(model: Any, checkpoint: Checkpoint, *, optimizer: bool = True) -> None:
    """Gives a model the weights of a checkpoint that `ModelBoxCheckpoint` or `ModelBoxBackup` has saved.

    The model is built, and made by the same code as the one that was saved; the backend may be another. With
    `optimizer`, the state of the optimizer too, where the model is compiled and the checkpoint has one. Raises
    `InvalidInput` where variables don't fit; then nothing was changed.
    """
    put_back(model, restored(checkpoint), with_optimizer=optimizer)


def restored(checkpoint: Checkpoint) -> dict[str, Any]:
    """The state of a checkpoint, with arrays in memory. Raises `InvalidInput` where it is none of Keras."""
    if keras.backend.backend() == "torch":
        state = checkpoint.restore()
    else:
        # PyTorch may be installed, but its tensors are of no use here, and importing it takes seconds.
        from modelbox.state.numpy_arrays import NumpyKind
        from modelbox.state.restore import RestoreOptions, restore_state

        state = restore_state(checkpoint.connection, checkpoint.reference, [NumpyKind()], RestoreOptions())
    if not isinstance(state, dict) or "model" not in state or "keras" not in state:
        raise InvalidInput(f"{checkpoint.path} was not saved by a callback of modelbox.keras.")
    return state


def put_back(model: Any, state: dict[str, Any], *, with_optimizer: bool = True) -> None:
    """Gives a model, and its optimizer, what a state has of them."""
    if not model.built:
        raise InvalidInput(
            "The model is not built, so it has no variables to restore: give it an Input, call build, or call it once."
        )
    pairs = match(model.variables, state["model"], "model")
    optimizer = getattr(model, "optimizer", None)
    if with_optimizer and optimizer is not None and state.get("optimizer") is not None:
        if not optimizer.built:
            optimizer.build(model.trainable_variables)
        pairs += match(optimizer.variables, state["optimizer"], "optimizer")
    assign(pairs)
