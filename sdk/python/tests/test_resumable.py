"""Loops that go on where they were, without any framework."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess

import modelbox
from modelbox.resume.batches import Batches


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"resumable-{uuid.uuid4().hex[:8]}")


class Counter:
    """As modules and optimizers are."""

    def __init__(self) -> None:
        self.count = 0

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.count = state["count"]


class Parts:
    """One of each kind."""

    def __init__(self) -> None:
        self.counter = Counter()
        self.values: dict[str, Any] = {"best": float("inf"), "history": [], "inner": {"a": 1}}
        self.source = random.Random(1)
        self.pair = [0]
        self.drawn: list[float] = []

    def all(self) -> dict[str, Any]:
        return {
            "counter": self.counter,
            "values": self.values,
            "source": self.source,
            "pair": (lambda: self.pair[0], self.set_pair),
            "nothing": None,
        }

    def set_pair(self, value: int) -> None:
        self.pair[0] = value

    def work(self, step: int) -> float:
        self.counter.count += 1
        self.values["best"] = 1 / (step + 1)
        self.values["history"].append(step)
        self.values["inner"]["a"] += 1
        self.pair[0] += 2
        self.drawn.append(self.source.random() + random.random())
        return self.drawn[-1]


class Stop(Exception):
    pass


def train(
    experiment: modelbox.Experiment, parts: Parts, total: int, stop_at: int | None = None, **options: Any
) -> list[int]:
    done: list[int] = []
    with modelbox.resumable(experiment, every_steps=3, **options, **parts.all()) as training:
        for step in training.steps(total):
            if step == stop_at:
                raise Stop
            training.log({"drawn": parts.work(step)})
            done.append(step)
    return done


def test_it_goes_on_after_the_latest_checkpoint(experiment: modelbox.Experiment) -> None:
    random.seed(3)
    whole = Parts()
    for step in range(10):
        whole.work(step)

    random.seed(3)
    first, second, third = Parts(), Parts(), Parts()
    with pytest.raises(Stop):
        train(experiment, first, 10, stop_at=7)
    random.seed(99)
    assert train(experiment, second, 10) == [6, 7, 8, 9]
    assert second.drawn == whole.drawn[6:]
    assert (second.counter.count, second.values, second.pair) == (10, whole.values, [20])
    assert [point.value for point in experiment.metric_points("drawn")] == whole.drawn
    # Done is done.
    assert train(experiment, third, 10) == []
    assert third.values == whole.values
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert (latest.step, latest.metrics["drawn"]) == (10, whole.drawn[-1])
    assert [one.step for one in experiment.checkpoints(order_by="step")] == [3, 6, 9, 10]
    # More of the same.
    assert train(experiment, third, 12) == [10, 11]


def test_a_break_ends_the_training_after_its_step(experiment: modelbox.Experiment) -> None:
    parts = Parts()
    with modelbox.resumable(experiment, every_seconds=0.0, **parts.all()) as training:
        for step in training.steps(100):
            parts.work(step)
            if step == 4:
                break
    again = Parts()
    with modelbox.resumable(experiment, **again.all()) as training:
        assert training.step == 5
        assert training.restored is not None
    assert again.values == parts.values
    assert [one.step for one in experiment.checkpoints(order_by="step")] == [1, 2, 3, 4, 5]


def test_steps_end_with_the_data_and_count_only_what_was_done(experiment: modelbox.Experiment) -> None:
    seen: list[tuple[int, str]] = []
    for _ in range(2):
        with modelbox.resumable(experiment, values={"a": 1}, every_seconds=60) as training:
            seen.extend(training.steps(7, over="abcd"))
    assert seen == [*enumerate("abcd"), (4, "a"), (5, "b"), (6, "c")]
    assert [one.step for one in experiment.checkpoints(order_by="step")] == [4, 7]


def test_all_metrics_of_a_step_are_those_of_its_checkpoint(experiment: modelbox.Experiment) -> None:
    with modelbox.resumable(experiment, values={"a": 1}, every_steps=1) as training:
        for step in training.steps(2):
            training.log({"loss": step + 0.5})
            training.log({"accuracy": step + 0.25})
            training.log({"epoch_loss": 7.0}, step=100)
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.metrics == {"loss": 1.5, "accuracy": 1.25}


def test_what_was_not_saved_stays_and_what_is_missing_is_named(experiment: modelbox.Experiment) -> None:
    parts = Parts()
    train(experiment, parts, 3)
    values = {"new": 1, "best": 0.0}
    with modelbox.resumable(experiment, values=values):
        assert values == {"new": 1, **parts.values}
    with pytest.raises(modelbox.InvalidInput, match=r"has no state\['scheduler'\]"):
        with modelbox.resumable(experiment, scheduler=Counter()):
            pass
    # And nobody holds the run after that.
    train(experiment, Parts(), 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": 1}, "model is a int"),
        ({"training": {}}, '"training" is the name'),
        ({"every_steps": 0}, "every_steps"),
    ],
)
def test_what_makes_no_sense_is_refused(
    experiment: modelbox.Experiment, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(modelbox.InvalidInput, match=message):
        modelbox.resumable(experiment, **options)


def test_a_trainer_that_is_taken_over_stops(experiment: modelbox.Experiment) -> None:
    first, second = Parts(), Parts()

    def train_both() -> None:
        with modelbox.resumable(experiment, every_steps=3, **first.all()) as training:
            for step in training.steps(1000):
                first.work(step)
                if step == 4:
                    training.run.flush()
                    assert train(experiment, second, 6, take_over=True) == [3, 4, 5]
                if step == 6:
                    # The save after step 5 has found out.
                    training.run.flush()
                assert step < 7

    with pytest.raises(modelbox.RunTakenOver):
        train_both()
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 6


def test_a_run_id_finds_the_experiment_of_the_job(box: modelbox.ModelBox) -> None:
    namespace = f"resumable-{uuid.uuid4().hex[:8]}"
    first = box.new_experiment("monday", namespace=namespace, external_id="job-1", framework="numpy")
    assert box.new_experiment("monday", namespace=namespace, external_id="job-1", owner="me") == first
    again = box.new_experiment("tuesday", namespace=namespace, external_id="job-1", metadata={"lr": 1})
    assert (again, again.name) == (first, "monday")
    with pytest.raises(modelbox.AlreadyExists):
        box.new_experiment("monday", namespace=namespace, external_id="job-2")


_PREEMPTED = """
import sys, time, modelbox
experiment = modelbox.ModelBox().experiment(sys.argv[1])
values = {"done": 0}
with modelbox.resumable(experiment, every_steps=1000, values=values) as training:
    for step in training.steps(10):
        print(step, flush=True)
        time.sleep(float(sys.argv[2]) if step == 3 else 0.0)
        values["done"] += 1
print("done", values["done"])
"""


def start_preempted(
    server: ServerProcess, experiment: modelbox.Experiment, seconds: float
) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _PREEMPTED, experiment.id, str(seconds)],
        env={**os.environ, "MODELBOX_SERVER_ADDR": server.addr},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line == "3\n":
            return child
    raise AssertionError(child.communicate())


def test_sigterm_saves_at_the_end_of_the_step_and_ends(
    server: ServerProcess, experiment: modelbox.Experiment
) -> None:
    child = start_preempted(server, experiment, 0.5)
    child.send_signal(signal.SIGTERM)
    out, error = child.communicate(timeout=30)
    assert (child.returncode, out) == (143, ""), error
    assert "ends after step 4" in error
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 4
    child = subprocess.run(
        [sys.executable, "-c", _PREEMPTED, experiment.id, "0"],
        env={**os.environ, "MODELBOX_SERVER_ADDR": server.addr},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert child.stdout.split() == ["4", "5", "6", "7", "8", "9", "done", "10"]


def test_the_second_sigterm_ends_at_once(server: ServerProcess, experiment: modelbox.Experiment) -> None:
    child = start_preempted(server, experiment, 60)
    child.send_signal(signal.SIGTERM)
    assert child.stderr is not None
    assert "SIGTERM" in child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=10)
    assert child.returncode == -signal.SIGTERM


def test_signals_are_as_before_afterwards_and_untouched_in_other_threads(
    experiment: modelbox.Experiment,
) -> None:
    seen: list[int] = []
    previous = signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    try:
        train(experiment, Parts(), 2)
        thread = threading.Thread(target=train, args=(experiment, Parts(), 4))
        thread.start()
        thread.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, previous)
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 4


def test_batches_follow_from_the_step_alone() -> None:
    def first(step: int, count: int) -> list[list[int]]:
        return [batch for batch, _ in zip(Batches(lambda: step, 10, 3, 5), range(count), strict=False)]

    whole = first(0, 9)
    assert first(5, 4) == whole[5:]
    for passes in range(3):
        used = [one for batch in whole[3 * passes : 3 * passes + 3] for one in batch]
        assert len(set(used)) == 9
    assert whole[:3] != whole[3:6]
    with pytest.raises(modelbox.InvalidInput, match="from 1 to 10"):
        Batches(lambda: 0, 10, 11, 0)
