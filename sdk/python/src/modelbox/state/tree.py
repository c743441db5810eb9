"""From a state to its tree: what state.json has of it.

Numbers, texts, truth values, `None`, lists, and dictionaries whose keys are texts are themselves. Everything else is an
object with one name that begins with `$`: `{"$tensor": "model.weight"}`, `{"$tuple": [1, 2]}`, `{"$float": "nan"}`.
"""

from __future__ import annotations

import base64
import math
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from modelbox.errors import InvalidInput
from modelbox.state.arrays import Array, ArrayKind
from modelbox.state.dtypes import DTYPES
from modelbox.state.limits import MAX_DEPTH, MAX_INLINE_BYTES, MAX_TENSORS

Node = Any
"""What `json` writes."""

_LARGEST_EXACT = 1 << 53
"""Beyond it, programs that keep numbers as doubles would change them."""
_MAX_NAME_LENGTH = 512
_MAX_SHOWN_LENGTH = 60
_NOT_A_NAME = "__metadata__"


@dataclass
class Tree:
    """A state, taken apart."""

    root: Node = None
    arrays: dict[str, Array] = field(default_factory=dict[str, Array])
    """By name, in the order of the state."""
    objects: list[Any] = field(default_factory=list[Any])
    """What only pickle can store."""


def take_apart(state: Any, kinds: Sequence[ArrayKind], *, allow_pickle: bool = False) -> Tree:
    """Takes a state apart. Its arrays are neither copied nor read.

    Objects with a `state_dict()` stand for what that gives. Raises `InvalidInput`, which says where it stands, for what
    can't be stored.
    """
    walk = _Walk(kinds, allow_pickle)
    walk.tree.root = walk.node(state, ())
    return walk.tree


class _Walk:
    def __init__(self, kinds: Sequence[ArrayKind], allow_pickle: bool) -> None:
        self.tree = Tree()
        self._kinds = kinds
        self._allow_pickle = allow_pickle
        self._names: dict[Any, str] = {}
        """Of the arrays so far, by identity."""
        self._alive: list[Any] = []
        """What identities are of. A `state_dict()` may make its values for this call alone, and another value that
        takes the place of one that has gone must not be taken for it."""

    def node(self, value: Any, path: tuple[Any, ...]) -> Node:
        if len(path) > MAX_DEPTH:
            raise InvalidInput(
                f"{place(path[:8])}… is deeper than {MAX_DEPTH} levels; does the state contain itself?"
            )
        found = self._scalar(value)
        if found is not _NONE:
            return found
        for kind in self._kinds:
            array = kind.describe(value, place(path))
            if array is not None:
                self._alive.append(value)
                return {f"${array.tag}": self._name(array, path)}
            other = kind.encode(value)
            if other is not None:
                return {f"${other[0]}": other[1]}
        container = self._container(value, path)
        if container is not _NONE:
            return container
        if not isinstance(value, (type, dict)) and callable(getattr(value, "state_dict", None)):
            return self.node(value.state_dict(), path)
        return self._object(value, path)

    def _scalar(self, value: Any) -> Node:
        if value is None or type(value) in (bool, str):
            return value
        if type(value) is int:
            return value if abs(value) <= _LARGEST_EXACT else {"$int": hex(value)}
        if type(value) is float:
            return value if math.isfinite(value) else {"$float": str(value)}
        if type(value) is complex:
            return {"$complex": [self._scalar(value.real), self._scalar(value.imag)]}
        return _NONE

    def _container(self, value: Any, path: tuple[Any, ...]) -> Node:
        if isinstance(value, dict):
            return self._dictionary(cast("dict[Any, Any]", value), path)
        if isinstance(value, list):
            return self._all(cast("list[Any]", value), path)
        if isinstance(value, tuple):
            # Those with names for their places are classes of their own, which would be lost.
            values = cast("tuple[Any, ...]", value)
            return _NONE if hasattr(values, "_fields") else {"$tuple": self._all(values, path)}
        if isinstance(value, (set, frozenset)):
            tag = "$set" if isinstance(value, set) else "$frozenset"
            # In an order that does not depend on where Python has put them.
            nodes = self._all(cast("Iterable[Any]", value), path)
            return {tag: sorted(nodes, key=repr)}
        if isinstance(value, (bytes, bytearray)):
            return self._bytes(value, path)
        if isinstance(value, Enum):
            return _NONE
        # Classes of these types come back as the types themselves.
        for base in (str, int, float):
            if isinstance(value, base):
                return self._scalar(base(value))
        return _NONE

    def _dictionary(self, value: dict[Any, Any], path: tuple[Any, ...]) -> Node:
        keys = list(value)
        items: Any
        if all(type(key) is str for key in keys):
            items = {key: self.node(one, (*path, key)) for key, one in value.items()}
        else:
            items = [
                [self.node(key, (*path, "(key)")), self.node(one, (*path, key))] for key, one in value.items()
            ]
        if isinstance(value, OrderedDict):
            # PyTorch keeps the versions of its modules there.
            extra = getattr(value, "_metadata", None)
            node: dict[str, Node] = {"$ordered": items}
            if extra is not None:
                node["metadata"] = self.node(extra, (*path, "_metadata"))
            return node
        if isinstance(value, Counter):
            return {"$counter": items}
        is_plain = isinstance(items, dict) and not any(key.startswith("$") for key in keys)
        node = {"$dict": cast("Node", items)}
        return node["$dict"] if is_plain else node

    def _all(self, values: Iterable[Any], path: tuple[Any, ...]) -> list[Node]:
        return [self.node(one, (*path, index)) for index, one in enumerate(values)]

    def _bytes(self, value: bytes | bytearray, path: tuple[Any, ...]) -> Node:
        tag = "bytes" if isinstance(value, bytes) else "bytearray"
        if len(value) <= MAX_INLINE_BYTES:
            return {f"${tag}": base64.b64encode(value).decode()}
        self._alive.append(value)
        array = Array("bytes", bytes(value), DTYPES["uint8"], (len(value),), ("bytes", id(value)))
        return {f"${tag}": {"$stored": self._name(array, path)}}

    def _object(self, value: Any, path: tuple[Any, ...]) -> Node:
        if not self._allow_pickle:
            raise InvalidInput(
                f"{place(path)} is of the type {_type_name(value)}, which only pickle can store; store its data "
                "instead, or save with allow_pickle=True."
            )
        self.tree.objects.append(value)
        return {"$object": len(self.tree.objects) - 1}

    def _name(self, array: Array, path: tuple[Any, ...]) -> str:
        # What is written into the same memory in the same way is one array, whatever it is called.
        known = self._names.get((array.tag, array.identity))
        if known is not None:
            return known
        if len(self.tree.arrays) == MAX_TENSORS:
            raise InvalidInput(
                f"There are more than {MAX_TENSORS} tensors in the state; save it in several parts."
            )
        wanted = ".".join(str(part) for part in path).encode("utf-8", "replace").decode()[:_MAX_NAME_LENGTH]
        name, number = wanted or "state", 2
        while name in self.tree.arrays or name == _NOT_A_NAME:
            name, number = f"{wanted}#{number}", number + 1
        self.tree.arrays[name] = array
        self._names[array.tag, array.identity] = name
        return name


_NONE: Any = object()
"""Not one of these."""


def place(path: Iterable[Any]) -> str:
    """Where something stands, as a program would get it: `state['model']['weight']`."""
    return "state" + "".join(f"[{_shown(part)}]" for part in path)


def _shown(part: Any) -> str:
    text = repr(part)
    return text if len(text) <= _MAX_SHOWN_LENGTH else text[:_MAX_SHOWN_LENGTH] + "…"


def _type_name(value: Any) -> str:
    kind = value.__class__
    return f"{kind.__module__}.{kind.__qualname__}"
