"""What programs that train with PyTorch need besides `experiment.save` and `experiment.restore`."""

from modelbox.torch.random_state import random_state, set_random_state

__all__ = [
    "random_state",
    "set_random_state",
]
