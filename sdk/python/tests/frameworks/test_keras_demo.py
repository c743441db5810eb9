"""`docs/keras/train.py` in processes of its own, killed with SIGKILL; and the callbacks with JAX."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from server_process import REPOSITORY, ServerProcess

import modelbox

pytestmark = pytest.mark.frameworks

STEPS = 160
SAVE_EVERY = 10
_END_SECONDS = 120.0


class Training:
    """The demo, as somebody runs it."""

    def __init__(self, environment: Mapping[str, str], addr: str, experiment: str) -> None:
        self.first = 0
        """The first step that it did."""
        self.last = 0
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [
                sys.executable,
                REPOSITORY / "docs/keras/train.py",
                "--experiment",
                experiment,
                "--save-every",
                str(SAVE_EVERY),
            ],
            env={**environment, "MODELBOX_SERVER_ADDR": addr},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read(self, until: int = STEPS + 1) -> None:
        """Follows it until a step is done, or to its end."""
        assert self.process.stdout is not None
        while self.last < until:
            line = self.process.stdout.readline()
            if not line:
                return
            self.lines.append(line.rstrip())
            if line.startswith("step "):
                self.last = int(line.split()[1].rstrip(":"))
                self.first = self.first or self.last

    def kill(self) -> None:
        """As the system does it when memory runs out."""
        self.process.kill()
        self.read()
        self.process.wait(_END_SECONDS)

    def weights(self) -> str:
        """Those of the end."""
        self.read()
        assert self.process.wait(_END_SECONDS) == 0, "\n".join(self.lines)
        assert self.lines[-1].startswith("weights: ")
        return self.lines[-1]


Start = Callable[..., Training]


@pytest.fixture
def start(server: ServerProcess, tmp_path: Path) -> Iterator[Start]:
    """Starts the demo, and ends it with the test."""
    started: list[Training] = []

    def run(experiment: str, backend: str, own: ServerProcess = server) -> Training:
        training = Training(_environment(tmp_path, backend), own.addr, experiment)
        started.append(training)
        return training

    yield run
    for training in started:
        if training.process.poll() is None:
            training.kill()
        assert training.process.stdout is not None
        training.process.stdout.close()


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
    # One thread, which other work on this machine disturbs least.
    return {**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **cache}


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_killed_training_ends_with_the_same_weights(
    server: ServerProcess, start: Start, whole_runs: dict[str, str], backend: str
) -> None:
    whole = start(f"whole-{backend}", backend)
    whole_runs[backend] = whole.weights()

    kill_at = random.randrange(2, STEPS - 1)
    print(f"killed at step {kill_at}")
    first = start(f"killed-{backend}", backend)
    first.read(until=kill_at)
    first.kill()
    second = start(f"killed-{backend}", backend)
    assert second.weights() == whole_runs[backend]
    # What was being sent when it was killed may be lost, and what was done since.
    assert kill_at - 2 * SAVE_EVERY <= second.first - 1 <= first.last
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
    training.read(until=43)
    own_server.kill()
    training.read(until=103)
    own_server.start()
    weights = training.weights()
    print("\n".join(line for line in training.lines if not line.startswith("step ")))
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
    first.read(until=3)
    # It lives, and does not come to its end meanwhile.
    first.process.send_signal(signal.SIGSTOP)
    second = start("twice", "torch")
    second.read()
    assert second.process.wait(_END_SECONDS) != 0
    assert "RunHeld" in second.lines[-1]
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
        env=_environment(tmp_path, "jax"),
        capture_output=True,
        text=True,
        timeout=_END_SECONDS * 2,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
