"""For PyTorch Lightning: a logger, and checkpoints that are stored in ModelBox while training goes on.

`Trainer(logger=logger, plugins=[ModelBoxCheckpointIO(logger)])` is all it takes. Needs
`pip install modelbox[lightning]`, or `pytorch_lightning`; of two that are installed it is the one that the program has
imported first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelbox.lightning.checkpoint_io import ModelBoxCheckpointIO
    from modelbox.lightning.logger import ModelBoxLogger

__all__ = ["ModelBoxCheckpointIO", "ModelBoxLogger"]

_MODULES = {"ModelBoxCheckpointIO": "checkpoint_io", "ModelBoxLogger": "logger"}


def callbacks_of_lightning() -> list[Any]:
    """What every `lightning.pytorch.Trainer` asks for (see pyproject.toml): nothing, unless the program uses this."""
    return _callbacks("lightning.pytorch")


def callbacks_of_pytorch_lightning() -> list[Any]:
    """As `callbacks_of_lightning`, for `pytorch_lightning.Trainer`."""
    return _callbacks("pytorch_lightning")


def _callbacks(package: str) -> list[Any]:
    hooks = sys.modules.get("modelbox.lightning.hooks")
    return [hooks.TrainerHooks()] if hooks is not None and package == hooks.PACKAGE else []


def __getattr__(name: str) -> Any:
    # Trainers that have nothing to do with ModelBox import this module too.
    if name not in _MODULES:
        raise AttributeError(f"module 'modelbox.lightning' has no attribute '{name}'")
    value = getattr(import_module(f"modelbox.lightning.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
