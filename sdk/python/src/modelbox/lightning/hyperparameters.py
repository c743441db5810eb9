# pyright: basic, reportMissingImports=false
"""Hyperparameters: as labels, and as a checkpoint can have them without pickle."""

from __future__ import annotations

import dataclasses
import logging
import math
import numbers
import os
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from modelbox.errors import InvalidInput
from modelbox.state.kinds import kinds_to_save
from modelbox.state.tree import take_apart

KEYS = ("hyper_parameters", "datamodule_hyper_parameters")
"""Where a checkpoint of Lightning has those of its modules."""
MAX_LABELS = 200
"""Of 256 that an object may have."""
_MAX_DEPTH = 20
_MAX_TEXT_LENGTH = 1_000
_MAX_KEY_LENGTH = 128

_log = logging.getLogger("modelbox")


def labels_of(params: Any, prefix: str = "") -> dict[str, Any]:
    """Labels: one for each value, with the keys of nested ones joined by `/`. What is no JSON is its text."""
    labels: dict[str, Any] = {}
    for key, value in _flat(_fields_of(params) or {}, prefix):
        if len(labels) == MAX_LABELS:
            _log.warning("Of the hyperparameters, the first %d are labels.", MAX_LABELS)
            break
        labels[re.sub(r"[^A-Za-z0-9._/-]", "_", key)[:_MAX_KEY_LENGTH] or "_"] = _label(value)
    return labels


def without_pickle(checkpoint: dict[str, Any], told: set[str]) -> dict[str, Any]:
    """The checkpoint with hyperparameters that state.json can have.

    Resuming does not read them. What only pickle could store is replaced by its text; `told` has what the log has said.
    """
    changed = dict(checkpoint)
    for key in KEYS:
        if key in changed:
            replaced: list[str] = []
            changed[key] = _storable(changed[key], (), replaced)
            new = [place for place in replaced if place not in told]
            if new:
                told.update(new)
                _log.warning(
                    "Of the %s, %s can't be stored without pickle; the checkpoints have the text instead.",
                    key.replace("_", " "),
                    ", ".join(new),
                )
    return changed


def _storable(value: Any, path: tuple[str, ...], replaced: list[str]) -> Any:
    fields = _fields_of(value)
    if fields is not None and len(path) < _MAX_DEPTH:
        return {key: _storable(one, (*path, str(key)), replaced) for key, one in fields.items()}
    if type(value) in (list, tuple) and len(path) < _MAX_DEPTH:
        return type(value)(_storable(one, (*path, str(index)), replaced) for index, one in enumerate(value))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, (str, int, float)) else value.name
    if not callable(getattr(value, "state_dict", None)):
        try:
            take_apart(value, kinds_to_save())
        except InvalidInput:
            pass
        else:
            return value
    replaced.append(".".join(path))
    return _text(value)


def _fields_of(value: Any) -> Mapping[Any, Any] | None:
    """Of what has names for its values."""
    if isinstance(value, Namespace):
        return vars(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value if isinstance(value, Mapping) else None


def _flat(fields: Mapping[Any, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in fields.items():
        inner = _fields_of(value)
        if inner is not None and depth < _MAX_DEPTH:
            yield from _flat(inner, f"{prefix}{key}/", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _label(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else value[:_MAX_TEXT_LENGTH]
    if isinstance(value, numbers.Real):
        number = float(value)
        return (value if isinstance(value, int) else number) if math.isfinite(number) else str(number)
    if isinstance(value, Enum):
        return _label(value.value) if isinstance(value.value, (str, int, float)) else value.name
    if isinstance(value, (list, tuple)) and _is_short(value):
        return [_label(one) for one in value]
    return _text(value)


def _is_short(values: Iterable[Any]) -> bool:
    return len(repr(values)) <= _MAX_TEXT_LENGTH


def _text(value: Any) -> str:
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return str(value)[:_MAX_TEXT_LENGTH]
