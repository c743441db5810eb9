"""Where checkpoints go while the server is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox.saving.fence import RunFencing
from modelbox.transfer import Uploadable


class Fallback(Protocol):
    """Keeps checkpoints on disk, and sends them later in the order in which they came (see `modelbox.spool`)."""

    def holds(self, experiment_id: str) -> bool:
        """Whether something of the experiment waits there, so that what is newer must go behind it."""
        ...

    def add_checkpoint(
        self,
        namespace_id: str,
        request: CreateCheckpointRequest,
        files: Mapping[str, Uploadable],
        *,
        fence: RunFencing,
    ) -> None:
        """Keeps a checkpoint durably. `request` has no files and no fence.

        Raises `SpoolFull` where there is no room, or the disk fails.
        """
        ...
