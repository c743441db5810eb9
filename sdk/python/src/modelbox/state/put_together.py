"""From the tree back to the state."""

from __future__ import annotations

import base64
import binascii
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from modelbox.errors import CorruptData, InvalidInput
from modelbox.state.arrays import ArrayKind, Tag
from modelbox.state.layout import TREE_FILE
from modelbox.state.limits import MAX_DEPTH
from modelbox.state.tree import Node, place

OnArray: TypeAlias = Callable[[Tag, object, Any, str, bool], Any]
"""Gets an array's tag, its name, what is to take it or `None`, where it stands, and whether that must take it."""

_ARRAY_TAGS: Mapping[str, Tag] = {"$tensor": "tensor", "$array": "array", "$scalar": "scalar"}


class PutTogether:
    """Builds a state from its tree; `on_array` gives the arrays, and is called in the same order every time.

    `into` is built like the state, or like a part of it: its arrays take the bytes, objects with `load_state_dict` get
    their part by that, and `None` or anything else stands for "as it was saved". What it does not name is left out.
    """

    def __init__(
        self, kinds: Sequence[ArrayKind], on_array: OnArray, on_object: Callable[[object, str], Any]
    ) -> None:
        self._kinds = kinds
        self._on_array = on_array
        self._on_object = on_object
        self._own_states: dict[int, Any] = {}
        self.to_load: list[tuple[Any, Any]] = []
        """Objects, and what their `load_state_dict` is to get."""

    def again(self, on_array: OnArray, on_object: Callable[[object, str], Any]) -> PutTogether:
        """Another one, for the same `into`: what that gives of itself is not asked for twice."""
        other = PutTogether(self._kinds, on_array, on_object)
        other._own_states = self._own_states
        return other

    def build(self, root: Node, into: Any) -> Any:
        """The state. Raises `CorruptData` for a tree that can't be, `InvalidInput` where `into` does not fit it."""
        self.to_load = []
        return self._value(root, into, (), True)

    def _value(self, node: Node, into: Any, path: tuple[Any, ...], is_strict: bool) -> Any:
        if len(path) > MAX_DEPTH:
            raise _corrupt(path[:8], "it is too deep")
        if is_strict and _takes_state(into):
            key = id(into)
            if key not in self._own_states:
                self._own_states[key] = next(
                    (own for own in (kind.own_state(into) for kind in self._kinds) if own is not None), None
                )
            self.to_load.append((into, self._value(node, self._own_states[key], path, False)))
            return into
        if isinstance(node, dict):
            fields = cast("dict[str, Node]", node)
            tag = next(iter(fields), "")
            if tag.startswith("$"):
                return self._tagged(tag, fields, into, path, is_strict)
            return dict(self._items(fields, into, path, is_strict))
        if isinstance(node, list):
            return self._all(cast("list[Node]", node), into, path, is_strict)
        if is_strict and isinstance(into, (Mapping, list, tuple)):
            raise _does_not_fit(path, "a plain value", into)
        return node

    def _tagged(
        self, tag: str, fields: dict[str, Node], into: Any, path: tuple[Any, ...], is_strict: bool
    ) -> Any:
        payload = fields[tag]
        if tag in _ARRAY_TAGS:
            if is_strict and isinstance(into, (Mapping, list, tuple)):
                raise _does_not_fit(path, "a tensor", into)
            return self._on_array(_ARRAY_TAGS[tag], payload, into, place(path), is_strict)
        if tag == "$dict":
            return dict(self._items(payload, into, path, is_strict))
        if tag == "$ordered":
            ordered: OrderedDict[Any, Any] = OrderedDict(self._items(payload, into, path, is_strict))
            if "metadata" in fields:
                metadata = self._value(fields["metadata"], None, (*path, "_metadata"), False)
                setattr(ordered, "_metadata", metadata)  # noqa: B010 - as PyTorch does it
            return ordered
        if tag == "$counter":
            return Counter(dict(self._items(payload, into, path, is_strict)))
        if tag in ("$tuple", "$set", "$frozenset"):
            if not isinstance(payload, list):
                raise _corrupt(path, f"{tag} is no list")
            nodes = cast("list[Node]", payload)
            if tag == "$tuple":
                return tuple(self._all(nodes, into, path, is_strict))
            values = self._all(nodes, None, path, False)
            return _hashed(set if tag == "$set" else frozenset, values, path)
        if tag == "$object":
            return self._on_object(payload, place(path))
        try:
            return self._plain(tag, payload, path)
        except (ValueError, TypeError, OverflowError, binascii.Error) as error:
            raise _corrupt(path, f"{tag} has {error}") from None

    def _plain(self, tag: str, payload: Node, path: tuple[Any, ...]) -> Any:
        if tag == "$int":
            return int(str(payload), 16)
        if tag == "$float":
            return float(payload)
        if tag == "$complex":
            real, imaginary = (self._value(part, None, (*path, "complex"), False) for part in payload)
            return complex(real, imaginary)
        if tag in ("$bytes", "$bytearray"):
            if isinstance(payload, dict):
                name = cast("dict[str, Node]", payload).get("$stored")
                data = self._on_array("bytes", name, None, place(path), False)
            else:
                data = base64.b64decode(str(payload), validate=True)
            # Nothing is there yet in the pass that finds out what is wanted.
            return data if tag == "$bytes" or data is None else bytearray(data)
        for kind in self._kinds:
            try:
                return kind.decode(tag[1:], payload)
            except KeyError:
                continue
        raise InvalidInput(
            f"{place(path)} was saved as {tag!r}, which this package does not know; install a newer modelbox, or the "
            "framework that the state was saved with."
        )

    def _items(
        self, items: Node, into: Any, path: tuple[Any, ...], is_strict: bool
    ) -> Iterator[tuple[Any, Any]]:
        pairs: list[tuple[Any, Node]] = []
        if isinstance(items, dict):
            pairs.extend(cast("dict[str, Node]", items).items())
        elif isinstance(items, list):
            for pair in cast("list[Node]", items):
                if not isinstance(pair, list) or len(cast("list[Node]", pair)) != 2:
                    raise _corrupt(path, "an entry has no key and value")
                key, node = cast("list[Node]", pair)
                pairs.append((self._value(key, None, (*path, "(key)"), False), node))
        else:
            raise _corrupt(path, "it has no entries")
        found = _hashed(dict, pairs, path)
        if len(found) != len(pairs):
            raise _corrupt(path, "a key stands there twice")
        if not isinstance(into, Mapping):
            if is_strict and isinstance(into, (list, tuple)):
                raise _does_not_fit(path, "a dictionary", into)
            for key, node in pairs:
                yield key, self._value(node, None, (*path, key), is_strict)
            return
        parts = cast("Mapping[Any, Any]", into)
        if is_strict:
            for key in parts:
                if key not in found:
                    raise InvalidInput(
                        f"The checkpoint has no {place((*path, key))}; it has {sorted(map(repr, found))[:20]}."
                    )
        for key, node in pairs:
            if not is_strict or key in parts:
                yield key, self._value(node, parts.get(key), (*path, key), is_strict)

    def _all(self, nodes: Sequence[Node], into: Any, path: tuple[Any, ...], is_strict: bool) -> list[Any]:
        parts: Sequence[Any] = [None] * len(nodes)
        if isinstance(into, (list, tuple)):
            given = cast("Sequence[Any]", into)
            if len(given) == len(nodes):
                parts = given
            elif is_strict:
                raise InvalidInput(
                    f"{place(path)} has {len(nodes)} values in the checkpoint, and {len(given)} here."
                )
        elif is_strict and isinstance(into, Mapping):
            raise _does_not_fit(path, "a list", into)
        return [
            self._value(node, part, (*path, index), is_strict)
            for index, (node, part) in enumerate(zip(nodes, parts, strict=True))
        ]


def _takes_state(value: Any) -> bool:
    return not isinstance(value, (type, Mapping)) and callable(getattr(value, "load_state_dict", None))


def _hashed(kind: Callable[[Any], Any], values: Any, path: tuple[Any, ...]) -> Any:
    try:
        return kind(values)
    except TypeError as error:
        raise _corrupt(path, str(error)) from None


def _does_not_fit(path: tuple[Any, ...], saved: str, into: Any) -> InvalidInput:
    return InvalidInput(
        f"{place(path)} is {saved} in the checkpoint, and a {into.__class__.__name__} in `into`."
    )


def _corrupt(path: tuple[Any, ...], what: str) -> CorruptData:
    return CorruptData(f"{TREE_FILE} is not what a saved state has: at {place(path)}, {what}.")
