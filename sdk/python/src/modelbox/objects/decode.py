"""From messages of the API to the objects of this package, field by field, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, TypeVar

from google.protobuf.message import Message

from modelbox.connection import Connection
from modelbox.objects import values

T = TypeVar("T")

_classes: dict[str, type[Any]] = {}
_scalars: dict[str, Callable[[Any], Any]] = {
    "google.protobuf.Timestamp": values.from_timestamp,
    "google.protobuf.Duration": values.from_duration,
    "google.protobuf.Struct": values.from_struct,
    "google.protobuf.Value": values.from_value,
    "modelbox.v1.MetricValue": values.from_metric_value,
}
_FieldDescriptor: TypeAlias = Any
"""Of protobuf, which has several implementations of it."""


def decodes(message_type: type[Message]) -> Callable[[type[T]], type[T]]:
    """Marks the dataclass that a message becomes.

    Its fields are called as the message's, or say which one is meant by `metadata={"message": …}`, or begin with `_`.
    """

    def mark(cls: type[T]) -> type[T]:
        _classes[message_type.DESCRIPTOR.full_name] = cls
        return cls

    return mark


def decode(cls: type[T], message: Message, connection: Connection) -> T:
    """The object of a message. What a newer server says besides is left out."""
    fields = {
        name: _field(message, descriptor, connection) for name, descriptor in _fields_of(cls, type(message))
    }
    if _has_connection(cls):
        fields["_connection"] = connection
    return cls(**fields)


@cache
def _fields_of(cls: type[Any], message_type: type[Message]) -> list[tuple[str, _FieldDescriptor]]:
    known = message_type.DESCRIPTOR.fields_by_name
    named = [(field.name, field.metadata.get("message", field.name)) for field in dataclasses.fields(cls)]
    return [(name, known[in_message]) for name, in_message in named if in_message in known]


@cache
def _has_connection(cls: type[Any]) -> bool:
    return any(field.name == "_connection" for field in dataclasses.fields(cls))


def _field(message: Message, field: _FieldDescriptor, connection: Connection) -> Any:
    value = getattr(message, field.name)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        kind = entry.fields_by_name["value"]
        return {key: _single(one, kind, connection) for key, one in value.items()}
    if field.is_repeated:
        return tuple(_single(one, field, connection) for one in value)
    if field.has_presence and not message.HasField(field.name):
        return None
    return _single(value, field, connection)


def _single(value: Any, field: _FieldDescriptor, connection: Connection) -> Any:
    if field.enum_type is not None:
        return enum_name(field, value)
    if field.message_type is None:
        return value
    name = field.message_type.full_name
    convert = _scalars.get(name)
    return convert(value) if convert is not None else decode(_classes[name], value, connection)


def enum_name(field: _FieldDescriptor, number: int) -> str:
    """`CHANGE_ACTION_TAG_SET` becomes `tag_set`; what only a newer server knows is "unknown"."""
    known = field.enum_type.values_by_number
    if number not in known:
        return "unknown"
    prefix = field.enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return known[number].name.removeprefix(prefix).lower()
