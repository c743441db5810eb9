# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Variables of Keras as arrays of a state, whatever the backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from modelbox.errors import InvalidInput


def arrays_of(variables: Sequence[Any]) -> dict[str, Any]:
    """The variables' values by their paths, not copied: they change with the next step."""
    named = _named(variables)
    if keras.backend.backend() == "torch":
        return {name: variable.value.detach() for name, variable in named.items()}
    if keras.backend.backend() == "jax":
        values = {name: variable.value for name, variable in named.items()}
        for value in values.values():
            # From GPUs all of them come at once, and not one after the other.
            value.copy_to_host_async()
        return {name: np.asarray(value) for name, value in values.items()}
    return {name: keras.ops.convert_to_numpy(variable.value) for name, variable in named.items()}


def match(variables: Sequence[Any], stored: Mapping[str, Any], what: str) -> list[tuple[Any, Any]]:
    """Each variable with its stored value; nothing is changed.

    Layers that got their names from Keras are called otherwise when a model is built a second time in a process: where
    the names differ, the order and the shapes tell. Raises `InvalidInput` where they don't fit.
    """
    named = _named(variables)
    if len(named) != len(stored):
        raise InvalidInput(
            f"The checkpoint has {len(stored)} variables of the {what}, and this {what} has {len(named)}: it was saved "
            f"with another {what}."
        )
    names = list(named) if set(named) == set(stored) else list(stored)
    pairs = list(zip(named.values(), (stored[name] for name in names), strict=True))
    for name, (variable, value) in zip(named, pairs, strict=True):
        if tuple(variable.shape) != tuple(value.shape):
            raise InvalidInput(
                f"{name} has the shape {tuple(value.shape)} in the checkpoint, and {tuple(variable.shape)} here: it "
                f"was saved with another {what}."
            )
    return pairs


def assign(pairs: Sequence[tuple[Any, Any]]) -> None:
    """Gives variables their values."""
    for variable, value in pairs:
        variable.assign(value)


def _named(variables: Sequence[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for variable in variables:
        name, number = variable.path, 2
        while name in named:
            name, number = f"{variable.path}#{number}", number + 1
        named[name] = variable
    return named
