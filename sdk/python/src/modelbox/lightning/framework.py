# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Which Lightning the program uses: it comes as two packages, the classes of which don't fit each other."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or (
    "lightning.pytorch" in sys.modules
    or ("pytorch_lightning" not in sys.modules and find_spec("lightning") is not None)
):
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch import __version__ as LIGHTNING_VERSION  # noqa: N812
    from lightning.pytorch.callbacks import ModelCheckpoint
    from lightning.pytorch.loggers import Logger
    from lightning.pytorch.loggers.logger import rank_zero_experiment
    from lightning.pytorch.plugins.io import CheckpointIO, TorchCheckpointIO
    from lightning.pytorch.utilities import rank_zero_only
    from lightning.pytorch.utilities.model_summary import ModelSummary

    PACKAGE = "lightning.pytorch"
else:
    from pytorch_lightning import Callback, LightningModule, Trainer
    from pytorch_lightning import __version__ as LIGHTNING_VERSION  # noqa: N812
    from pytorch_lightning.callbacks import ModelCheckpoint
    from pytorch_lightning.loggers import Logger
    from pytorch_lightning.loggers.logger import rank_zero_experiment
    from pytorch_lightning.plugins.io import CheckpointIO, TorchCheckpointIO
    from pytorch_lightning.utilities import rank_zero_only
    from pytorch_lightning.utilities.model_summary import ModelSummary

    PACKAGE = "pytorch_lightning"

__all__ = [
    "LIGHTNING_VERSION",
    "PACKAGE",
    "Callback",
    "CheckpointIO",
    "LightningModule",
    "Logger",
    "ModelCheckpoint",
    "ModelSummary",
    "TorchCheckpointIO",
    "Trainer",
    "rank_zero_experiment",
    "rank_zero_only",
]


def is_rank_zero() -> bool:
    """Whether this process is the one that writes."""
    return getattr(rank_zero_only, "rank", 0) == 0
