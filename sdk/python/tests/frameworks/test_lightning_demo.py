"""docs/lightning/train.py: killed with -9, the same command goes on, to the bit."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import REPOSITORY, ServerProcess

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
        self._folder = folder
        self._options = options
        self._env = {
            **os.environ,
            "MODELBOX_SERVER_ADDR": server.addr,
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._log = folder / f"{self.name}.log"

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(_DEMO), "--name", self.name, "--out", str(self.weights)]
        command += ["--epochs", "3", "--sentences", "300", "--every-steps", str(_EVERY_STEPS)]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*command, *self._options, *more],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self) -> None:
        process = self.start()
        assert process.wait(_TIMEOUT_SECONDS) == 0, self._log.read_text()[-4000:]

    def kill_at(self, step: int, box: modelbox.ModelBox) -> int:
        """Kills it, and its other processes, once it has logged a step. Returns the last step that was logged."""
        process = self.start("--pause-seconds", "0.1")
        ends_at = time.monotonic() + _TIMEOUT_SECONDS
        while self.last_step(box) < step:
            assert process.poll() is None, self._log.read_text()[-4000:]
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        time.sleep(random.random() * 0.5)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        return self.last_step(box)

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
