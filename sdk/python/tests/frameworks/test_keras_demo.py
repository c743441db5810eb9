"""`docs/keras/train.py` in processes of its own, killed with SIGKILL; and the callbacks with JAX."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import REPOSITORY, ServerProcess
from training_process import TrainingProcess

import modelbox

pytestmark = pytest.mark.frameworks

STEPS = 160
SAVE_EVERY = 10
_DEMO = REPOSITORY / "docs" / "keras" / "train.py"
_TIMEOUT_SECONDS = 240.0


class Training(TrainingProcess):
    """The demo, as somebody runs it."""

    def weights(self) -> str:
        """Those of the end."""
        assert self.end() == 0, self.errors
        assert self.lines[-1].startswith("weights: ")
        return self.lines[-1]


Start = Callable[..., Training]


@pytest.fixture
def start(server: ServerProcess, tmp_path: Path) -> Iterator[Start]:
    """Starts the demo, and ends it with the test."""
    started: list[Training] = []

    def run(experiment: str, backend: str, own: ServerProcess = server) -> Training:
        options = ["--experiment", experiment, "--save-every", str(SAVE_EVERY)]
        training = Training(own.addr, _DEMO, *options, env=_environment(tmp_path, backend))
        started.append(training)
        return training

    yield run
    for training in started:
        training.kill()


@pytest.fixture(scope="module")
def whole_runs() -> dict[str, str]:
    """By backend, the weights of a training that was never interrupted."""
    return {}


def _environment(folder: Path, backend: str) -> dict[str, str]:
    cache = {
        # What JAX has compiled is found again by the next process.
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }
    return {"KERAS_BACKEND": backend, "PYTHONUNBUFFERED": "1", **cache}


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_killed_training_ends_with_the_same_weights(
    server: ServerProcess, start: Start, whole_runs: dict[str, str], backend: str
) -> None:
    whole = start(f"whole-{backend}", backend)
    whole_runs[backend] = whole.weights()

    kill_at = random.randrange(2, STEPS - 1)
    print(f"killed at step {kill_at}")
    first = start(f"killed-{backend}", backend)
    first.follow(lambda: first.last_step >= kill_at)
    first.kill()
    second = start(f"killed-{backend}", backend)
    assert second.weights() == whole_runs[backend]
    # What was being sent when it was killed may be lost, and what was done since.
    assert kill_at - 2 * SAVE_EVERY <= second.first_step - 1 <= first.last_step
    # Each step that it did reports what the whole training has reported there.
    losses = [line for line in second.lines if line.startswith("step ")]
    assert losses == [line for line in whole.lines if line.startswith("step ")][-len(losses) :]

    with modelbox.ModelBox(server.addr) as box:
        experiment = box.experiment(f"demos/killed-{backend}")
        names = [one.name for one in experiment.checkpoints()]
        backups = [name for name in names if name.startswith("backup-")]
        assert backups == [f"backup-{STEPS}-end", f"backup-{STEPS}", f"backup-{STEPS - SAVE_EVERY}"]
        assert len(names) == 4
        steps = {point.step for point in experiment.metric_points("batch/loss")}
        assert steps == set(range(SAVE_EVERY, STEPS + 1, SAVE_EVERY))


def test_training_goes_on_without_the_server_and_everything_arrives(
    own_server: ServerProcess, start: Start, whole_runs: dict[str, str]
) -> None:
    training = start("away", "torch", own_server)
    training.follow(lambda: training.last_step >= 43)
    own_server.kill()
    training.follow(lambda: training.last_step >= 103)
    own_server.start()
    weights = training.weights()
    print(training.errors)
    assert weights == whole_runs.get("torch", weights)
    with modelbox.ModelBox(own_server.addr) as box:
        experiment = box.experiment("demos/away")
        latest = experiment.latest_checkpoint()
        assert latest is not None
        assert latest.name == f"backup-{STEPS}-end"
        steps = {point.step for point in experiment.metric_points("batch/loss")}
        assert steps == set(range(SAVE_EVERY, STEPS + 1, SAVE_EVERY))
        assert {point.step for point in experiment.metric_points("val_accuracy")} == {40, 80, 120, 160}


def test_a_second_trainer_is_refused(start: Start) -> None:
    first = start("twice", "torch")
    first.follow(lambda: first.last_step >= 3)
    # It lives, and does not come to its end meanwhile.
    first.process.send_signal(signal.SIGSTOP)
    second = start("twice", "torch")
    assert second.end() != 0
    assert "RunHeld" in second.errors.splitlines()[-1]
    first.kill()


def test_the_callbacks_with_jax(tmp_path: Path) -> None:
    which = "test_batches_that_go_together or (test_an_interrupted and 4) or the_best_is_kept"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--quiet",
            "-m",
            "frameworks",
            f"--basetemp={tmp_path / 'tests'}",
            "-k",
            which,
            Path(__file__).with_name("test_keras.py"),
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", **_environment(tmp_path, "jax")},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
