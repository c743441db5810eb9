"""What programs that train with PyTorch need besides `experiment.save` and `experiment.restore`."""

from typing import TYPE_CHECKING, Any

from modelbox.torch.random_state import random_state, set_random_state

if TYPE_CHECKING:
    from modelbox.torch.distributed_reader import DistributedReader
    from modelbox.torch.distributed_writer import DistributedWriter

__all__ = [
    "DistributedReader",
    "DistributedWriter",
    "random_state",
    "set_random_state",
]


def __getattr__(name: str) -> Any:
    # They import torch.distributed.checkpoint, which takes longer than all the rest.
    if name == "DistributedWriter":
        from modelbox.torch.distributed_writer import DistributedWriter

        return DistributedWriter
    if name == "DistributedReader":
        from modelbox.torch.distributed_reader import DistributedReader

        return DistributedReader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
