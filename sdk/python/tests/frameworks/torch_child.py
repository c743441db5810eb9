"""A training of its own, for test_torch_process.py: measures its memory, or dies while a save goes on."""

import os
import signal
import sys
from typing import Any

import torch

import modelbox
from modelbox.transfer.blob_client import BlobClient

_TENSORS = 75
_DIES_AFTER_CHUNKS = 5


def state_of(step: int, tensors: int = _TENSORS) -> dict[str, Any]:
    """4 MB for each tensor, which no compression makes smaller."""
    generator = torch.Generator().manual_seed(step)
    return {
        f"layer{index}": torch.randint(
            -(2**31), 2**31 - 1, (1000, 1000), dtype=torch.int32, generator=generator
        )
        for index in range(tensors)
    }


def main() -> None:
    mode, addr, path = sys.argv[1:]
    with modelbox.ModelBox(addr) as box:
        experiment = box.experiment(path)
        if mode == "measure":
            measure(experiment)
        else:
            die(experiment)


def measure(experiment: modelbox.Experiment) -> None:
    """Prints how much memory the process has at most while a state of 300 MB is there and saved, and while it is
    restored after that, in bytes, without what it had before."""
    # What is loaded once does not count.
    experiment.save(state_of(0, tensors=1), 0, wait=True)
    experiment.restore()
    before = _memory("VmRSS")
    state = state_of(1)
    _forget_highest()
    experiment.save(state, 1).result()
    print(_memory("VmHWM") - before)
    del state
    _forget_highest()
    found = experiment.restore()
    print(_memory("VmHWM") - before)
    assert len(found) == _TENSORS


def die(experiment: modelbox.Experiment) -> None:
    """Saves, trains on, and is killed when some chunks of the second checkpoint have gone."""
    experiment.save(state_of(1, tensors=20), 1, wait=True)
    sent: list[None] = []

    def killing(send: Any) -> Any:
        def send_and_die(*arguments: Any) -> Any:
            result = send(*arguments)
            sent.append(None)
            if len(sent) == _DIES_AFTER_CHUNKS:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return send_and_die

    BlobClient.put_chunk = killing(BlobClient.put_chunk)
    BlobClient.post_chunk = killing(BlobClient.post_chunk)
    experiment.save(state_of(2, tensors=20), 2).result()


def _forget_highest() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _memory(name: str) -> int:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
