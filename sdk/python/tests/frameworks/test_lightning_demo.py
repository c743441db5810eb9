"""docs/lightning/train.py: killed with -9, the same command goes on, to the bit."""

import random
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import REPOSITORY, ServerProcess
from training_process import TrainingProcess

import modelbox

pytestmark = [pytest.mark.frameworks]

_DEMO = REPOSITORY / "docs" / "lightning" / "train.py"
_EVERY_STEPS = 7
_TIMEOUT_SECONDS = 240.0


class Demo:
    """The program, for one experiment."""

    def __init__(self, server: ServerProcess, folder: Path, *options: str) -> None:
        self.name = f"characters-{uuid.uuid4().hex[:8]}"
        self.weights = folder / f"{self.name}.pt"
        self._addr = server.addr
        self._folder = folder
        self._options = options

    def start(self, *more: str) -> TrainingProcess:
        options = ["--name", self.name, "--out", str(self.weights), "--epochs", "3", "--sentences", "300"]
        options += ["--every-steps", str(_EVERY_STEPS), *self._options, *more]
        return TrainingProcess(
            self._addr, _DEMO, *options, cwd=self._folder, env={"PYTHONDONTWRITEBYTECODE": "1"}
        )

    def run(self) -> None:
        process = self.start()
        assert process.end() == 0, process.errors[-4000:]

    def kill_at(self, step: int, box: modelbox.ModelBox) -> int:
        """Kills it, and its other processes, once it has logged a step. Returns the last step that was logged."""
        process = self.start("--pause-seconds", "0.1")
        ends_at = time.monotonic() + _TIMEOUT_SECONDS
        while self.last_step(box) < step and process.process.poll() is None and time.monotonic() < ends_at:
            time.sleep(0.05)
        time.sleep(random.random() * 0.5)
        process.kill()
        assert process.process.returncode == -signal.SIGKILL, process.errors[-4000:]
        reached = self.last_step(box)
        assert reached >= step
        return reached

    def last_step(self, box: modelbox.ModelBox) -> int:
        try:
            points = box.experiment(f"demo/{self.name}").latest_metrics()
        except modelbox.NotFound:
            return -1
        return points["loss"].step if "loss" in points else -1

    def bits(self) -> dict[str, bytes]:
        import torch

        state: dict[str, Any] = torch.load(self.weights, weights_only=True)
        return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def _is_same_after_a_kill(
    server: ServerProcess, box: modelbox.ModelBox, folder: Path, last_step: int, *options: str
) -> None:
    whole = Demo(server, folder, *options)
    whole.run()
    killed = Demo(server, folder, *options)
    step = killed.kill_at(random.randint(3 * _EVERY_STEPS, last_step), box)
    experiment = box.experiment(f"demo/{killed.name}")
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert step - 2 * _EVERY_STEPS <= latest.step <= step + 1 + _EVERY_STEPS
    killed.run()
    assert killed.bits() == whole.bits(), f"killed at step {step}, with {latest} saved"
    # Nothing is left that was to go, and nothing went that was to stay.
    names = {checkpoint.name for checkpoint in box.experiment(f"demo/{whole.name}").checkpoints()}
    assert len(names) == 3
    left = {checkpoint.name for checkpoint in experiment.checkpoints()}
    assert names <= left
    assert len(left) <= len(names) + 1


def test_killed_it_goes_on_to_the_bit(server: ServerProcess, box: modelbox.ModelBox, tmp_path: Path) -> None:
    _is_same_after_a_kill(server, box, tmp_path, 47)


@pytest.mark.long
def test_two_processes_go_on_to_the_bit(
    server: ServerProcess, box: modelbox.ModelBox, tmp_path: Path
) -> None:
    _is_same_after_a_kill(server, box, tmp_path, 20, "--devices", "2")
