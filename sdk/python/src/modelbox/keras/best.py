# pyright: basic, reportMissingImports=false
"""Which of two models is better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from modelbox.errors import InvalidInput

Mode = Literal["auto", "min", "max"]


def is_more_better(model: Any, monitor: str, mode: Mode) -> bool:
    """Whether greater values of a metric are better. Raises `InvalidInput` where nobody knows."""
    if mode != "auto":
        return mode == "max"
    name = monitor.removeprefix("val_")
    if name == "loss":
        return False
    for metric in _metrics(getattr(model, "metrics", [])):
        direction = getattr(metric, "_direction", None)
        if metric.name == name and direction is not None:
            return direction == "up"
    raise InvalidInput(
        f'Whether more or less of {monitor} is better is not known; say mode="max" or mode="min".'
    )


def _metrics(metrics: Any) -> Iterator[Any]:
    for metric in metrics:
        yield metric
        yield from _metrics(getattr(metric, "metrics", []))
