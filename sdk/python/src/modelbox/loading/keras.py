# pyright: basic
"""Models of Keras."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelbox.errors import CorruptData, InvalidInput
from modelbox.loading.frameworks import import_framework, is_older

_SAFE_SINCE = (3, 11, 3)
"""Before, files could get around the safe mode, those in HDF5 by asking for nothing."""


def load_keras(path: Path, shown: str, *, allow_pickle: bool, options: Mapping[str, Any]) -> Any:
    """The model. `options` go to `keras.saving.load_model`."""
    keras = import_framework("keras", shown)
    if not allow_pickle and is_older(keras.__version__, _SAFE_SINCE):
        raise InvalidInput(
            f"Keras {keras.__version__} may run code of {shown} even in its safe mode; install 3.11.3 or newer, or, if "
            "you trust whoever made the file, load it with allow_pickle=True."
        )
    if path.suffix == ".keras" and not zipfile.is_zipfile(path):
        raise CorruptData(f"{shown} is no model of Keras, or a damaged one: it is no zip archive.")
    try:
        return keras.saving.load_model(str(path), **{"safe_mode": not allow_pickle, **options})
    except OSError as error:
        raise CorruptData(f"{shown} is no model of Keras, or a damaged one: {error}.") from error
    except ValueError as error:
        if allow_pickle or not _is_about_safety(str(error)):
            raise
        raise InvalidInput(
            f"{shown} has code of its own, such as a Lambda layer, which could do anything; if you trust whoever made "
            "it, load it with allow_pickle=True."
        ) from error


def _is_about_safety(message: str) -> bool:
    return any(word in message.lower() for word in ("safe_mode", "unsafe", "safe mode"))
