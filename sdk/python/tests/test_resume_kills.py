"""A training whose process and whose server are killed at random moments.

MODELBOX_KILL_SEED repeats what a failure has printed.
"""

import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess
from training_process import TrainingProcess

import modelbox

pytest.importorskip("numpy")

TRAINER = Path(__file__).parent / "trainer.py"
EVERY_STEPS = 20
STEP_SECONDS = 0.005
_WAITS_SECONDS = 60.0
_MAX_STARTS = 20
"""Until a trainer gets as far as its first step: the server may be away."""


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


class Trainer(TrainingProcess):
    """The program in `trainer.py`, and what it has said so far."""

    def __init__(self, server: ServerProcess, path: str, steps: int, **env: str) -> None:
        self.durable_step = 0
        """The newest step of which it has said that it is saved."""
        self.digest = ""
        super().__init__(server.addr, TRAINER, path, str(steps), str(EVERY_STEPS), str(STEP_SECONDS), env=env)

    @property
    def next_step(self) -> int:
        """How many steps are done, once it has begun."""
        return self.last_step + 1

    def begin(self) -> bool:
        """Waits for its first step, or for its end: whether it has begun, and is not done."""
        return self.follow(lambda: self.last_step >= 0) and not self.digest

    def train(self, seconds: float) -> bool:
        """Whether it still trains after that."""
        return self.follow(seconds=seconds) and not self.digest

    def heard(self, line: str) -> None:
        super().heard(line)
        what, _, value = line.partition(" ")
        if what in ("begins", "durable"):
            self.durable_step = int(value)
        elif what == "done":
            self.digest = value


class Case:
    """A training, and what it is to come to."""

    def __init__(self, server: ServerProcess, steps: int, tmp_path: Path) -> None:
        self.server = server
        self.steps = steps
        self.path = f"kills-{uuid.uuid4().hex[:8]}/run"
        digests = tmp_path / "digests"
        subprocess.run(
            [sys.executable, TRAINER, self.path, str(steps), "0", "0", digests],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=True,
            timeout=120,
        )
        self.digests = digests.read_text().split("\n")
        """After each number of steps, of a training that nobody interrupts."""
        self.box = modelbox.ModelBox(server.addr)
        self._trainers: list[Trainer] = []

    def close(self) -> None:
        """Ends what a test that failed has left running."""
        for trainer in self._trainers:
            trainer.kill()
        self.box.close()

    def trainer(self, **env: str) -> Trainer:
        trainer = Trainer(self.server, self.path, self.steps, **env)
        self._trainers.append(trainer)
        return trainer

    def begun(self) -> Trainer | None:
        """The same command until it trains, as whoever watches over it would give it; None when all is done."""
        errors = ""
        for _ in range(_MAX_STARTS):
            trainer = self.trainer()
            if trainer.begin():
                return trainer
            status = trainer.end()
            if trainer.digest:
                assert status == 0
                assert trainer.digest == self.digests[-1]
                return None
            assert "Nothing listens" in trainer.errors or "Unavailable" in trainer.errors, trainer.errors
            errors = trainer.errors
            time.sleep(0.2)
        raise AssertionError(errors)

    def check_latest(self) -> int:
        """Its step. It loads, and has what an uninterrupted training would have then."""
        from trainer import digest_of

        latest = self.box.experiment(self.path).latest_checkpoint()
        if latest is None:
            return 0
        state: dict[str, Any] = latest.restore()
        assert state["training"]["step"] == latest.step
        assert digest_of(state) == self.digests[latest.step]
        return latest.step

    def check_all(self) -> None:
        """It has ended, and everything is there, once, in order."""
        experiment = self.box.experiment(self.path)
        assert self.check_latest() == self.steps
        checkpoints = sorted(experiment.checkpoints(), key=lambda one: one.created_at)
        steps = [one.step for one in checkpoints]
        assert steps == [*range(EVERY_STEPS, self.steps + 1, EVERY_STEPS)]
        points = list(experiment.metric_points("loss"))
        assert [point.step for point in points] == list(range(self.steps))
        assert min(float(point.value) for point in points) == checkpoints[-1].restore()["progress"]["best"]


@pytest.fixture
def seed() -> int:
    number = int(os.environ.get("MODELBOX_KILL_SEED") or random.randrange(1 << 32))
    print(f"MODELBOX_KILL_SEED={number}")
    return number


@pytest.fixture
def case(request: pytest.FixtureRequest, own_server: ServerProcess, tmp_path: Path) -> Iterator[Case]:
    case = Case(own_server, request.param, tmp_path)
    yield case
    case.close()


def kill_both(case: Case, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    killed, before, reached = 0, 0, 0
    trainer = None
    while killed < kills:
        trainer = trainer or case.begun()
        assert trainer is not None, "the training was too short"
        assert trainer.first_step >= before, (trainer.first_step, before)
        # The interval whose save was still under way, and the one that has just ended and waits for that save.
        assert trainer.first_step >= reached - 2 * EVERY_STEPS, (trainer.first_step, reached)
        assert trainer.train(chance.uniform(0.05, 0.6)), trainer.errors
        what = chance.choice(["trainer", "server", "both"])
        if what != "trainer":
            case.server.kill()
            killed += 1
        if what == "server":
            assert trainer.train(chance.uniform(0.0, 1.0)), trainer.errors
            case.server.start()
            continue
        trainer.kill()
        killed += 1
        if what == "both":
            case.server.start()
        # What it had saved by then is not lost; it may have got further in its last moments.
        before = max(before, trainer.durable_step)
        reached = trainer.next_step
        case.check_latest()
        trainer = None
    if trainer is None:
        trainer = case.begun()
    if trainer is not None:
        status = trainer.end()
        assert status == 0, trainer.errors
        assert trainer.digest == case.digests[-1]
    case.check_all()


@pytest.mark.parametrize("case", [1400], indirect=True)
def test_ten_random_kills_lose_no_work(case: Case, seed: int) -> None:
    kill_both(case, seed, 10)


@pytest.mark.long
@pytest.mark.parametrize("case", [14_000], indirect=True)
def test_a_hundred_random_kills_lose_no_work(case: Case, seed: int) -> None:
    kill_both(case, seed, 100)


def pause_server(case: Case, seconds: float) -> None:
    trainer = case.begun()
    assert trainer is not None
    trainer.train(0.3)
    case.server.kill()
    before = trainer.next_step
    assert trainer.train(seconds), trainer.errors
    # It did not wait for the server, not even to save: else it would not come further than to the second save.
    ends_at = time.monotonic() + _WAITS_SECONDS
    while trainer.next_step < before + 3 * EVERY_STEPS:
        assert time.monotonic() < ends_at, "the training waits"
        assert trainer.train(0.1), trainer.errors
    case.server.start()
    assert trainer.end() == 0, trainer.errors
    assert trainer.digest == case.digests[-1]
    case.check_all()


@pytest.mark.parametrize("case", [800], indirect=True)
def test_training_does_not_stop_while_the_server_is_away(case: Case) -> None:
    pause_server(case, 3.0)


@pytest.mark.long
@pytest.mark.parametrize("case", [14_000], indirect=True)
def test_training_does_not_stop_while_the_server_is_away_for_a_minute(case: Case) -> None:
    pause_server(case, 62.0)


@pytest.mark.parametrize("case", [600], indirect=True)
def test_with_the_spool_full_training_goes_on(case: Case) -> None:
    trainer = case.trainer(MODELBOX_SPOOL_SIZE_MIB="1")
    assert trainer.begin()
    trainer.train(0.3)
    case.server.kill()
    before = trainer.next_step
    while trainer.next_step < before + 5 * EVERY_STEPS:
        assert trainer.train(0.1), trainer.errors
    case.server.start()
    assert trainer.end() == 0, trainer.errors
    assert trainer.digest == case.digests[-1]
    assert "would exceed its limit" in trainer.errors
    # Some checkpoints are missing, not the last.
    assert case.check_latest() == case.steps
