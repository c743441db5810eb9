"""What belongs to the state of a training: how each part is saved, and how it is restored."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeAlias, cast

from modelbox.errors import InvalidInput

Part: TypeAlias = Any
"""An object with `state_dict` and `load_state_dict`; a dictionary; a pair of functions; or a random generator."""

RESERVED = "training"
"""The part of the checkpoint that has the step and the random numbers."""
_METHODS = (("getstate", "setstate"), ("get_state", "set_state"))
"""Of `random.Random`, of generators of PyTorch, and of the older ones of NumPy."""


class Parts:
    """The parts of a state, by name."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Raises `InvalidInput` for what can't be saved and restored. A part that is `None` is left out."""
        if RESERVED in parts:
            raise InvalidInput(f'"{RESERVED}" is the name of what is saved anyway; call the part otherwise.')
        self._parts: dict[str, Any] = {
            name: part if _has_state_dict(part) or _is_holder(part) else _pair_of(name, part)
            for name, part in parts.items()
            if part is not None
        }

    def state(self) -> dict[str, Any]:
        """What is saved."""
        return {
            name: part[0]() if isinstance(part, tuple) else part if _has_state_dict(part) else dict(part)
            for name, part in self._parts.items()
        }

    def into(self) -> dict[str, Any]:
        """What a restore is to write into (see `Checkpoint.restore`)."""
        return {name: part if _has_state_dict(part) else None for name, part in self._parts.items()}

    def put(self, state: Mapping[str, Any]) -> None:
        """Gives the parts, but those that the restore has written into, what was saved."""
        for name, part in self._parts.items():
            if isinstance(part, tuple):
                part[1](state[name])
            elif not _has_state_dict(part):
                _put(part, state[name])


def _has_state_dict(part: Part) -> bool:
    return all(callable(getattr(part, name, None)) for name in ("state_dict", "load_state_dict"))


def _is_holder(part: Part) -> bool:
    return isinstance(part, MutableMapping)


def _is_pair(part: Part) -> bool:
    return isinstance(part, tuple) and [callable(one) for one in cast("tuple[Any, ...]", part)] == [
        True,
        True,
    ]


def _pair_of(name: str, part: Part) -> tuple[Callable[[], Any], Callable[[Any], object]]:
    if _is_pair(part):
        return part
    for get, put in _METHODS:
        if callable(getattr(part, get, None)) and callable(getattr(part, put, None)):
            return (getattr(part, get), getattr(part, put))
    bits = getattr(part, "bit_generator", None)
    if bits is not None:
        # A generator of NumPy.
        return (lambda: bits.state, lambda state: setattr(bits, "state", state))
    raise InvalidInput(
        f"{name} is a {type(part).__name__}, of which nothing can be saved and restored: give an "
        "object with state_dict and load_state_dict, a dictionary, or a pair of functions that return and take a state."
    )


def _put(holder: MutableMapping[Any, Any], saved: Mapping[Any, Any]) -> None:
    """What was not saved stays: a program may have new values since."""
    for key, value in saved.items():
        current: Any = holder.get(key)
        if _is_holder(current) and isinstance(value, Mapping):
            _put(current, cast("Mapping[Any, Any]", value))
        elif not _put_in_place(current, value):
            holder[key] = value


def _put_in_place(current: Any, value: Any) -> bool:
    """Arrays stay where they are: others of the program may have them too."""
    for module, name in (("numpy", "ndarray"), ("torch", "Tensor")):
        kind: Any = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(current, kind) and isinstance(value, kind):
            if current.shape != value.shape or current.dtype != value.dtype:
                return False
            if module == "torch":
                current.data.copy_(value)
            else:
                current[...] = value
            return True
    return False
