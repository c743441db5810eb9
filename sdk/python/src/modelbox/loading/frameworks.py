"""Frameworks that somebody else installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from modelbox.errors import InvalidInput

_EXTRAS = {"onnxruntime": "onnx"}


def import_framework(name: str, shown: str) -> Any:
    """The module. Raises `InvalidInput`, which says what to install, where there is none."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        extra = _EXTRAS.get(name, name)
        raise InvalidInput(
            f"{shown} needs {name}, which is not installed; run `pip install 'modelbox[{extra}]'`."
        ) from None


def is_older(version: str, than: tuple[int, ...]) -> bool:
    """Whether a version such as `2.6.0+cpu` is before another one."""
    numbers: list[int] = []
    for part in version.split("+")[0].split(".")[: len(than)]:
        digits = "".join(letter for letter in part if letter.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers) < than
