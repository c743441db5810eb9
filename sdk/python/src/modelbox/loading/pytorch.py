# pyright: basic, reportMissingImports=false
"""Files of `torch.save`."""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

from modelbox.errors import InvalidInput
from modelbox.loading.frameworks import import_framework, is_older

_SAFE_SINCE = (2, 6)
"""Before, `weights_only` could be tricked into running code."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_REASON = "WeightsUnpickler error:"


def load_pytorch(path: Path, shown: str, *, map_location: Any, allow_pickle: bool) -> Any:
    """What was saved, on the CPU by default; tensors are mapped into memory where the file's form allows it."""
    torch = import_framework("torch", shown)
    if not allow_pickle and is_older(torch.__version__, _SAFE_SINCE):
        raise InvalidInput(
            f"PyTorch {torch.__version__} may run code of {shown} even when it is told not to; install 2.6 or newer, "
            "or, if you trust whoever made the file, load it with allow_pickle=True."
        )
    try:
        return torch.load(
            path,
            map_location="cpu" if map_location is None else map_location,
            weights_only=not allow_pickle,
            mmap=zipfile.is_zipfile(path),
        )
    except pickle.UnpicklingError as error:
        if allow_pickle:
            raise InvalidInput(f"{shown} can't be loaded by PyTorch: {error}") from error
        raise InvalidInput(
            f"{shown} has more than tensors and plain values ({reason_of(error)}), and reading that can run any code "
            "that whoever made it wants; if you trust them, load it with allow_pickle=True."
        ) from error
    except (AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # What PyTorch raises for bytes that are no such file at all is left to chance.
        raise InvalidInput(f"{shown} can't be loaded by PyTorch: {reason_of(error)}") from error


def reason_of(error: BaseException) -> str:
    """What PyTorch says, in a line without its colours and its advice."""
    if not isinstance(error, (RuntimeError, pickle.UnpicklingError)):
        return f"it is no file of torch.save ({type(error).__name__})"
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()]
    # It stands below the advice.
    telling = [line for line in lines if line.startswith(_REASON)]
    if telling:
        return telling[0].removeprefix(_REASON).split(". ")[0].strip(" .")
    return lines[0] if lines else type(error).__name__
