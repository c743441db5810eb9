"""What of an object's files can be loaded, and as what: by their names alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from modelbox.errors import InvalidInput, NotFound
from modelbox.state.layout import TENSORS_FILE, TREE_FILE

Format: TypeAlias = Literal["state", "safetensors", "pytorch", "keras", "onnx", "pickle"]

INDEX_SUFFIX = ".safetensors.index.json"
"""Says which of several files has which tensor."""
_BY_SUFFIX: Mapping[str, Format] = {
    ".safetensors": "safetensors",
    ".pt": "pytorch",
    ".pth": "pytorch",
    ".ckpt": "pytorch",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
    ".onnx": "onnx",
    ".ort": "onnx",
    ".pkl": "pickle",
    ".pickle": "pickle",
}
_FORMATS: Mapping[str, Sequence[Format]] = {
    "pytorch": ("pytorch", "safetensors", "state"),
    "torch": ("pytorch", "safetensors", "state"),
    "lightning": ("pytorch", "safetensors", "state"),
    "safetensors": ("safetensors",),
    "numpy": ("safetensors", "state"),
    "jax": ("safetensors", "state"),
    "keras": ("keras", "state"),
    "tensorflow": ("keras", "state"),
    "onnx": ("onnx",),
    "onnxruntime": ("onnx",),
    "pickle": ("pickle",),
}
"""By the framework: the formats that it loads. The first is that of a file whose name does not tell."""
ARRAY_FRAMEWORKS = ("numpy", "jax")
"""Get tensors as arrays of NumPy."""
_MAX_SHOWN = 20


@dataclass(frozen=True)
class Candidate:
    """Something that can be loaded."""

    file: str
    """What `file` names it by."""
    format: Format


def choose(
    paths: Collection[str], *, file: str | None, framework: str | None, stated_framework: str
) -> Candidate:
    """What to load. `stated_framework` is the object's own, and only decides where there is a choice.

    Raises `NotFound` where there is no such file, and `InvalidInput` where nothing, or more than one thing, comes into
    question.
    """
    formats: Sequence[Format] = ()
    if framework is not None:
        formats = _FORMATS.get(framework.lower(), ())
        if not formats:
            raise InvalidInput(f'framework is one of {", ".join(_FORMATS)}, not "{framework}".')
    if file is not None:
        return _named(paths, file, formats)
    found = candidates(paths)
    fitting = [one for one in found if not formats or one.format in formats]
    if len(fitting) > 1 and framework is None:
        stated = _FORMATS.get(stated_framework.lower(), ())
        fitting = [one for one in fitting if one.format in stated] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        wanted = f" for {framework}" if framework is not None and found else ""
        raise InvalidInput(
            f"There is nothing to load{wanted} among {_shown(sorted(paths))}: name it by `file=` and `framework=`, or "
            "get the files by `download`."
        )
    listed = _shown([f"{one.file} ({one.format})" for one in fitting])
    raise InvalidInput(
        f'Several files can be loaded; choose one, for example by file="{fitting[0].file}": {listed}.'
    )


def candidates(paths: Collection[str]) -> list[Candidate]:
    """All that can be loaded, by path. What belongs to another one is no candidate of its own."""
    found: list[Candidate] = []
    indexed = {str(PurePosixPath(path).parent) for path in paths if path.endswith(INDEX_SUFFIX)}
    is_state = TREE_FILE in paths and TENSORS_FILE in paths
    for path in sorted(paths):
        name = PurePosixPath(path)
        if path.endswith(INDEX_SUFFIX):
            found.append(Candidate(path, "safetensors"))
            continue
        kind = _format_of(path)
        is_shard = kind == "safetensors" and "-of-" in name.name and str(name.parent) in indexed
        if kind is None or is_shard or (is_state and path in (TENSORS_FILE, "objects.pkl")):
            continue
        found.append(Candidate(path, kind))
    if is_state:
        found.append(Candidate(TREE_FILE, "state"))
    return found


def _format_of(path: str) -> Format | None:
    name = PurePosixPath(path).name.lower()
    # Weights alone are no model: Keras needs the model that they go into.
    if name.endswith(".weights.h5"):
        return None
    # The name that Hugging Face gives it; any other .bin may be anything.
    if name == "pytorch_model.bin":
        return "pytorch"
    return _BY_SUFFIX.get(PurePosixPath(name).suffix)


def _named(paths: Collection[str], file: str, formats: Sequence[Format]) -> Candidate:
    if file not in paths:
        raise NotFound(f'There is no file "{file}" to load; there are {_shown(sorted(paths))}.')
    kind = _format_of(file)
    if file.endswith(INDEX_SUFFIX):
        kind = "safetensors"
    elif file == TREE_FILE and TENSORS_FILE in paths:
        kind = "state"
    if kind is None or (formats and kind not in formats):
        kind = formats[0] if formats else None
    if kind is None:
        raise InvalidInput(
            f"The name of {file} does not say what it is; add framework=, for example pytorch."
        )
    return Candidate(file, kind)


def _shown(names: Sequence[str]) -> str:
    if not names:
        return "no files"
    left = len(names) - _MAX_SHOWN
    return ", ".join(names[:_MAX_SHOWN]) + (f" and {left} more" if left > 0 else "")
