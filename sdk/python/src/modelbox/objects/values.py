"""Between the values of Python and those of the API: times, JSON, metrics."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, TypeAlias, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox._gen import common_pb2
from modelbox.errors import InvalidInput

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What a label or an event's data can be."""
MetricValue: TypeAlias = "float | str | bytes"
"""What a metric can be: a number (NaN and infinities included), text, or bytes."""
Wallclock: TypeAlias = "datetime | float"
"""A time with a time zone, or seconds since 1970 as `time.time()` gives them."""

_MAX_DEPTH = 100
_MAX_SAFE_INTEGER = 2**53
_MICROSECONDS = 1_000_000


def to_timestamp(time: Wallclock) -> Timestamp:
    """To the microsecond."""
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise InvalidInput(
                f"{time.isoformat()} has no time zone; use datetime.now(timezone.utc), or seconds since 1970."
            )
        stamp = Timestamp()
        stamp.FromDatetime(time.astimezone(timezone.utc).replace(tzinfo=None))
        return stamp
    if not math.isfinite(time):
        raise InvalidInput(f"{time} is no time; give seconds since 1970.")
    micros = round(time * _MICROSECONDS)
    return Timestamp(seconds=micros // _MICROSECONDS, nanos=micros % _MICROSECONDS * 1000)


def from_timestamp(stamp: Timestamp) -> datetime:
    """In UTC."""
    return stamp.ToDatetime(timezone.utc)


def to_duration(seconds: float) -> Duration:
    """To the microsecond."""
    micros = round(seconds * _MICROSECONDS)
    return Duration(seconds=micros // _MICROSECONDS, nanos=micros % _MICROSECONDS * 1000)


def from_duration(duration: Duration) -> float:
    """In seconds."""
    return duration.seconds + duration.nanos / 1e9


def to_value(value: object, where: str, depth: int = 0) -> Value:
    """The JSON value; `where` names it in errors. Scalars of numpy and PyTorch count as numbers."""
    if depth > _MAX_DEPTH:
        raise InvalidInput(f"{where} is nested deeper than {_MAX_DEPTH} levels.")
    if value is None:
        return Value(null_value=NULL_VALUE)
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, Mapping):
        return Value(struct_value=to_struct(cast("Mapping[object, object]", value), where, depth + 1))
    if isinstance(value, (list, tuple)):
        items = cast("list[object]", value)
        values = [to_value(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(items)]
        return Value(list_value=ListValue(values=values))
    if isinstance(value, numbers.Real):
        return Value(number_value=_json_number(value, where))
    scalar = _scalar(value)
    if scalar is not None:
        return to_value(scalar, where, depth + 1)
    raise InvalidInput(
        f"{where} is a {type(value).__name__}; give JSON: numbers, text, true, false, lists, dicts."
    )


def to_struct(values: Mapping[object, object], where: str, depth: int = 0) -> Struct:
    """A JSON object."""
    struct = Struct()
    for key, value in values.items():
        if not isinstance(key, str):
            raise InvalidInput(f"{where} has the key {key!r}; the keys of JSON are texts.")
        struct.fields[key].CopyFrom(to_value(value, f"{where}.{key}", depth))
    return struct


def to_labels(labels: Mapping[str, Json] | None) -> dict[str, Value]:
    """Labels as a request has them."""
    return {key: to_value(value, f'label "{key}"') for key, value in (labels or {}).items()}


def from_value(value: Value) -> Json:
    """Numbers without a fraction come back as `int`, since JSON does not tell them apart."""
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) <= _MAX_SAFE_INTEGER else number
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    return None


def from_struct(struct: Struct) -> dict[str, Json]:
    """A JSON object."""
    return {key: from_value(value) for key, value in struct.fields.items()}


def to_metric_value(value: object, key: str) -> common_pb2.MetricValue:
    """Scalars of numpy and PyTorch count as numbers."""
    if isinstance(value, float):
        return common_pb2.MetricValue(number=value)
    if isinstance(value, str):
        return common_pb2.MetricValue(text=value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return common_pb2.MetricValue(data=bytes(cast("bytes | bytearray", value)))
    if isinstance(value, numbers.Real):
        try:
            return common_pb2.MetricValue(number=float(value))
        except OverflowError:
            raise InvalidInput(
                f'The metric "{key}" is beyond what a double can hold; give it as text.'
            ) from None
    scalar = _scalar(value)
    if scalar is not None:
        return to_metric_value(scalar, key)
    raise InvalidInput(
        f'The metric "{key}" is a {type(value).__name__}; give a number, text or bytes, and of an array one element.'
    )


def from_metric_value(value: common_pb2.MetricValue) -> MetricValue:
    """A `float`, `str` or `bytes`."""
    kind = value.WhichOneof("value")
    if kind == "text":
        return value.text
    return value.data if kind == "data" else value.number


def to_metrics(metrics: Mapping[str, Any] | None) -> dict[str, common_pb2.MetricValue]:
    """Metrics as a request for an object has them."""
    return {key: to_metric_value(value, key) for key, value in (metrics or {}).items()}


def _json_number(value: numbers.Real, where: str) -> float:
    if isinstance(value, numbers.Integral) and abs(int(value)) > _MAX_SAFE_INTEGER:
        raise InvalidInput(f"{where} is a number beyond 2^53, which JSON would round; give it as text.")
    number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(
            f"{where} is {number}, which JSON does not have; leave it out, or give it as text."
        )
    return number


def _scalar(value: object) -> object | None:
    """What an array or tensor of one element holds; None for everything else."""
    item = getattr(value, "item", None)
    if not callable(item) or getattr(value, "size", None) is None:
        return None
    try:
        scalar = item()
    except (ValueError, RuntimeError):
        return None
    return scalar if isinstance(scalar, (bool, int, float, str, bytes)) else None
