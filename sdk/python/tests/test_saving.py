"""Checkpoints that are saved while training goes on."""

import logging
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from server_process import ServerProcess
from transfers import MIB, forked, noise

import modelbox
from modelbox.saving import CheckpointQueue, FilesSnapshot, SaveHandle
from modelbox.transfer import Uploadable


class Gated:
    """A source that can't be read until `open` is called."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._gate = threading.Event()
        self.size = len(data)
        self.is_read = threading.Event()

    def open(self) -> None:
        self._gate.set()

    def read_at(self, offset: int, length: int) -> memoryview:
        self.is_read.set()
        assert self._gate.wait(30)
        return self._data[offset : offset + length]


class Broken:
    size = 10

    def read_at(self, offset: int, length: int) -> bytes:
        raise OSError("the disk of the trainer is broken")


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"saving-{uuid.uuid4().hex[:8]}")


class Releases:
    """Counts releases of snapshots, by step."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def of(self, step: int, source: "Uploadable") -> FilesSnapshot:
        return FilesSnapshot({"state.bin": source}, on_release=lambda: self.steps.append(step))


def steps(experiment: modelbox.Experiment) -> list[int]:
    return sorted(checkpoint.step for checkpoint in experiment.checkpoints())


def test_checkpoints_are_committed_in_order_and_latest_is_the_last(experiment: modelbox.Experiment) -> None:
    releases = Releases()
    with CheckpointQueue(experiment, max_pending=2) as queue:
        handles = [
            queue.submit(
                releases.of(step, noise(step, 100_000)),
                step=step,
                metrics={"loss": 1.0 / (step + 1)},
                labels={"kind": "test"},
            )
            for step in range(5)
        ]
    assert releases.steps == [0, 1, 2, 3, 4]
    assert [handle.state for handle in handles] == ["committed"] * 5
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest == handles[-1].result()
    assert (latest.step, latest.metrics["loss"], latest.labels["kind"]) == (4, 0.2, "test")
    with latest.open("state.bin") as file:
        assert file.read() == noise(4, 100_000)


def test_training_goes_on_and_latest_stays_until_the_bytes_are_there(experiment: modelbox.Experiment) -> None:
    source = Gated(noise(1, 2 * MIB))
    queue = CheckpointQueue(experiment)
    first = queue.submit(FilesSnapshot({"a": b"1"}), step=1)
    first.result(30)
    handle = queue.submit(FilesSnapshot({"a": source}), step=2)
    assert source.is_read.wait(30)
    assert not handle.done()
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 1
    with pytest.raises(modelbox.DeadlineExceeded):
        queue.flush(timeout_seconds=0.05)
    with pytest.raises(modelbox.DeadlineExceeded):
        queue.submit(FilesSnapshot({"a": b"3"}), step=3, timeout_seconds=0.05)
    source.open()
    queue.close()
    assert steps(experiment) == [1, 2]
    with pytest.raises(modelbox.InvalidInput, match="closed"):
        queue.submit(FilesSnapshot({"a": b"3"}), step=3)


def test_a_newer_one_replaces_those_that_wait_and_the_one_in_flight_once(
    experiment: modelbox.Experiment,
) -> None:
    releases = Releases()
    queue = CheckpointQueue(experiment, when_busy="replace", max_pending=2)
    slow = Gated(noise(2, 2 * MIB))
    handles = [queue.submit(releases.of(1, slow), step=1)]
    assert slow.is_read.wait(30)
    handles += [queue.submit(releases.of(step, b"x%d" % step), step=step) for step in (2, 3, 4)]
    assert releases.steps == [2, 3]
    assert queue.pending == 2
    slow.open()
    queue.flush(30)
    assert [handle.state for handle in handles] == ["committed", "replaced", "replaced", "committed"]
    assert handles[1].result() is None


def test_with_one_in_memory_the_one_in_flight_is_replaced_but_not_for_ever(
    experiment: modelbox.Experiment,
) -> None:
    releases = Releases()
    queue = CheckpointQueue(experiment, when_busy="replace")
    sources = [Gated(noise(10 + step, 4 * MIB)) for step in range(2)]
    handles = [queue.submit(releases.of(0, sources[0]), step=0)]
    assert sources[0].is_read.wait(30)
    waiting = threading.Thread(
        target=lambda: handles.append(queue.submit(releases.of(1, sources[1]), step=1))
    )
    waiting.start()
    # A source that is being read can't be interrupted; the next one follows as soon as it answers.
    sources[0].open()
    waiting.join(30)
    assert releases.steps == [0]
    assert sources[1].is_read.wait(30)
    with pytest.raises(modelbox.DeadlineExceeded):
        queue.submit(releases.of(2, b"2"), step=2, timeout_seconds=0.2)
    assert not handles[1].done()
    sources[1].open()
    queue.close()
    assert [handle.state for handle in handles] == ["replaced", "committed"]
    assert steps(experiment) == [1]


def test_a_failure_is_logged_and_raised_by_the_next_submit(
    experiment: modelbox.Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    queue = CheckpointQueue(experiment)
    releases = Releases()
    handle = queue.submit(releases.of(7, Broken()), step=7)
    assert "disk of the trainer" in str(handle.exception(30))
    with pytest.raises(OSError, match="disk of the trainer"):
        queue.submit(releases.of(8, b"8"), step=8)
    assert releases.steps == [7, 8]
    assert [record.levelno for record in caplog.records if "step 7" in record.getMessage()] == [logging.ERROR]
    queue.submit(releases.of(9, b"9"), step=9)
    queue.flush()
    queue.submit(releases.of(9, b"other bytes"), step=9)
    with pytest.raises(modelbox.AlreadyExists):
        queue.close()
    assert steps(experiment) == [9]


def test_what_makes_no_sense_is_refused_at_once(experiment: modelbox.Experiment) -> None:
    releases = Releases()
    with CheckpointQueue(experiment) as queue, pytest.raises(modelbox.InvalidInput, match="nothing"):
        queue.submit(releases.of(1, b"1"), step=1, metrics={"nothing": object()})
    assert releases.steps == [1]
    for options in ({"max_pending": 0}, {"when_busy": "sleep"}):
        with pytest.raises(modelbox.InvalidInput):
            CheckpointQueue(experiment, **options)  # pyright: ignore[reportArgumentType]


def test_a_child_of_a_fork_has_a_queue_of_its_own(experiment: modelbox.Experiment) -> None:
    source = Gated(noise(3, 2 * MIB))
    queue = CheckpointQueue(experiment)
    handle = queue.submit(FilesSnapshot({"a": source}), step=1)
    assert source.is_read.wait(30)
    with forked() as is_child:
        if is_child:
            assert queue.pending == 0
            queue.submit(FilesSnapshot({"a": b"of the child"}), step=2)
            queue.flush(30)
    source.open()
    assert handle.result(30) is not None
    assert steps(experiment) == [1, 2]


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "raise ValueError('of the program')"])
def test_the_end_of_the_program_waits_for_what_was_submitted(
    server: ServerProcess, box: modelbox.ModelBox, tmp_path: Path, end: str
) -> None:
    path = f"saving-{uuid.uuid4().hex[:8]}/run"
    program = tmp_path / "program.py"
    program.write_text(
        "import modelbox\n"
        "from modelbox.saving import CheckpointQueue, FilesSnapshot\n"
        f"box = modelbox.ModelBox({server.addr!r})\n"
        f"experiment = box.new_experiment('run', namespace={path.split('/')[0]!r})\n"
        "queue = CheckpointQueue(experiment, max_pending=3)\n"
        "for step in range(3):\n"
        "    queue.submit(FilesSnapshot({'state.bin': bytes([step]) * 9_000_000}), step=step)\n"
        f"{end}\n"
    )
    subprocess.run([sys.executable, program], env=os.environ, capture_output=True, timeout=60)
    assert steps(box.experiment(path)) == [0, 1, 2]


def test_a_handle_says_how_it_goes() -> None:
    handle = SaveHandle(5)
    results: list[Callable[[], object]] = [lambda: handle.result(0.01), lambda: handle.exception(0.01)]
    for result in results:
        with pytest.raises(modelbox.DeadlineExceeded, match="step 5"):
            result()
    handle.finish("spooled")
    assert handle.result() is None
    assert repr(handle) == "<SaveHandle step 5: spooled>"
