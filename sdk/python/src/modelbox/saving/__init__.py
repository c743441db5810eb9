"""Saves checkpoints and metrics while training goes on: from memory, by threads, in order."""

from modelbox.saving.fallback import CURABLE_REASONS, Earlier, Fallback, is_away, may_be_cured
from modelbox.saving.fence import FixedFence, RunFencing
from modelbox.saving.handle import SaveHandle, SaveState
from modelbox.saving.metrics import MetricsWriter
from modelbox.saving.queue import CheckpointQueue
from modelbox.saving.saver import StateSaver
from modelbox.saving.snapshot import FilesSnapshot, JoinedSnapshot, Snapshot

__all__ = [
    "CURABLE_REASONS",
    "CheckpointQueue",
    "Earlier",
    "Fallback",
    "FilesSnapshot",
    "FixedFence",
    "JoinedSnapshot",
    "MetricsWriter",
    "RunFencing",
    "SaveHandle",
    "SaveState",
    "Snapshot",
    "StateSaver",
    "is_away",
    "may_be_cured",
]
