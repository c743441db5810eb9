"""Saves checkpoints while training goes on: from memory, by a thread, one after another."""

from modelbox.saving.fallback import Fallback
from modelbox.saving.fence import FixedFence, RunFencing
from modelbox.saving.handle import SaveHandle, SaveState
from modelbox.saving.queue import CheckpointQueue
from modelbox.saving.snapshot import FilesSnapshot, Snapshot

__all__ = [
    "CheckpointQueue",
    "Fallback",
    "FilesSnapshot",
    "FixedFence",
    "RunFencing",
    "SaveHandle",
    "SaveState",
    "Snapshot",
]
