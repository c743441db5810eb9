# pyright: reportMissingImports=false
"""Callbacks for `fit` of Keras 3: training that goes on after its process died, checkpoints, and metrics."""

from modelbox.keras.backup import ModelBoxBackup
from modelbox.keras.checkpoint import ModelBoxCheckpoint
from modelbox.keras.logger import ModelBoxLogger
from modelbox.keras.training_state import load_weights

__all__ = [
    "ModelBoxBackup",
    "ModelBoxCheckpoint",
    "ModelBoxLogger",
    "load_weights",
]
