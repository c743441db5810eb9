"""One trainer of an experiment: its lease, and what it saves and logs under it."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess
from training_runs import new_experiment, save, steps_of, wait_until
from transfers import forked, noise

import modelbox
from modelbox.holder import holder_name, is_own, life_of
from modelbox.resume.training_run import TrainingRun
from modelbox.saving import FilesSnapshot
from modelbox.spool import Sender, SendReport

_HOLD = """
import sys, time, modelbox
run = modelbox.TrainingRun(modelbox.ModelBox().experiment(sys.argv[1]))
run.metrics.log_metrics({"loss": 1.0}, 1)
run.metrics.flush()
print("holds", flush=True)
time.sleep(60)
"""

_LEAVE = """
import os, sys, modelbox
from modelbox.saving import FilesSnapshot
from transfers import noise
run = modelbox.TrainingRun(modelbox.ModelBox().experiment(sys.argv[1]))
print("holds", flush=True)
sys.stdin.readline()
for step in (1, 2):
    run.queue.submit(FilesSnapshot({"state.bin": noise(step, 100_000)}), step=step)
    run.metrics.log_metrics({"loss": float(step)}, step)
    run.metrics.log_event("step_done", {"step": step})
    run.flush()
os.kill(os.getpid(), 9)
"""
_DIE_AS_IT_TAKES_THE_LEASE = """
import os, sys, modelbox
from modelbox.spool import Spool
Spool.adopt = lambda *_: os.kill(os.getpid(), 9)
modelbox.TrainingRun(modelbox.ModelBox().experiment(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


def start_child(
    box: modelbox.ModelBox, experiment: modelbox.Experiment, program: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, experiment.id],
        cwd=Path(__file__).parent,
        env={**os.environ, "MODELBOX_SERVER_ADDR": box.connection.base_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def start_holder(box: modelbox.ModelBox, experiment: modelbox.Experiment) -> subprocess.Popen[str]:
    child = start_child(box, experiment, _HOLD)
    assert child.stdout is not None
    assert child.stdout.readline() == "holds\n"
    return child


def leave(server: ServerProcess, box: modelbox.ModelBox, experiment: modelbox.Experiment) -> None:
    """A trainer that dies while the server is away, with two steps in the spool."""
    child = start_child(box, experiment, _LEAVE)
    assert child.stdout is not None
    assert child.stdout.readline() == "holds\n"
    server.kill()
    child.communicate("go\n", timeout=30)
    assert child.returncode == -9
    server.start()


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def test_a_run_saves_and_logs_and_leaves_nothing_behind(box: modelbox.ModelBox, tmp_path: Path) -> None:
    experiment = new_experiment(box)
    with TrainingRun(experiment) as run:
        assert run.latest_checkpoint() is None
        save(run, 1)
        run.flush()
        assert run.experiment.new_checkpoint(2).step == 2
        assert run.lost is None
    assert [one.step for one in experiment.checkpoints(order_by="step")] == [1, 2]
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    with TrainingRun(experiment) as run:
        latest = run.latest_checkpoint()
        assert latest is not None
        assert latest.step == 2


def test_a_second_trainer_is_refused_within_a_second_and_may_wait(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    holder = start_holder(box, experiment)
    began_at = time.monotonic()
    with pytest.raises(modelbox.RunHeld, match="take_over=True") as held:
        TrainingRun(experiment)
    assert time.monotonic() - began_at < 1
    assert held.value.reason == "LEASE_HELD"
    with pytest.raises(modelbox.RunHeld):
        TrainingRun(experiment, wait_seconds=0.5)
    assert 0.5 < time.monotonic() - began_at < 3
    # It dies while we wait, and nobody has told its parent yet.
    holder.kill()
    with TrainingRun(experiment, wait_seconds=10):
        pass
    assert time.monotonic() - began_at < 5
    end(holder)


def test_two_of_one_process_are_told_apart(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    first = TrainingRun(experiment)
    with pytest.raises(modelbox.RunHeld, match="of this very process"):
        TrainingRun(experiment)
    with TrainingRun(experiment, take_over=True) as second:
        with pytest.raises(modelbox.RunTakenOver, match="no longer this trainer's"):
            first.queue.submit(FilesSnapshot({"state.bin": b"1"}), step=1).result(30)
        assert isinstance(first.lost, modelbox.RunTakenOver)
        with pytest.raises(modelbox.RunTakenOver):
            first.check()
        first.metrics.log_metrics({"loss": 1.0}, 1)
        with pytest.raises(modelbox.RunTakenOver):
            first.metrics.flush()
        with pytest.raises(modelbox.Aborted):
            first.experiment.log_metrics({"loss": 1.0}, 1)
        with pytest.raises(modelbox.Aborted):
            first.experiment.log_event("step_done", {"step": 1})
        save(second, 2)
        second.flush()
        # It says so until the end, and does not get in the way of the other.
        with pytest.raises(modelbox.RunTakenOver):
            first.close()
        second.check()
    assert steps_of(experiment) == [2]


def test_a_trainer_that_is_taken_over_hears_of_it_without_writing(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    with TrainingRun(experiment, ttl_seconds=10) as first, TrainingRun(experiment, take_over=True):
        wait_until(lambda: first.lost is not None)


def test_after_kill_9_the_same_command_goes_on_at_once(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    holder = start_holder(box, experiment)
    # Nobody waits for it, so the system still knows its process.
    holder.kill()
    time.sleep(0.05)
    began_at = time.monotonic()
    with TrainingRun(experiment):
        assert time.monotonic() - began_at < 1
    end(holder)


def test_a_holder_is_known_by_its_process_its_start_and_its_machine() -> None:
    own = holder_name("#3")
    assert (life_of(own), is_own(own)) == ("alive", True)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    ended = own.replace(f":{os.getpid()}#", f":{child.pid}#")
    assert (life_of(ended), is_own(ended)) == ("gone", False)
    head, _, start = own.rpartition(" ")
    assert life_of(f"{head} {int(start[:-1]) + 1}]") == "gone"
    for unknown in ("", "host:12", own.replace("[boot ", "[boot a"), own.replace("space ", "space 9")):
        assert (life_of(unknown), is_own(unknown)) == ("unknown", False)


def test_an_outage_longer_than_the_lease(
    own_server: ServerProcess, own_box: modelbox.ModelBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = new_experiment(own_box)
    with TrainingRun(experiment, ttl_seconds=10) as run:
        save(run, 1)
        run.flush()
        own_server.kill()
        began_at = time.monotonic()
        for step in (2, 3):
            save(run, step)
            run.flush()
        time.sleep(max(0.0, began_at + 11 - time.monotonic()))
        own_server.start()
        save(run, 4)
        run.flush()
        assert run.lost is None
    assert steps_of(experiment) == [1, 2, 3, 4]


def test_who_trains_while_the_server_is_away_from_here_keeps_the_run(
    own_server: ServerProcess, own_box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = new_experiment(own_box)
    # From here the server is away for longer than for the other one.
    is_back, send = threading.Event(), Sender.send

    def send_late(*arguments: Any, **options: Any) -> SendReport:
        assert is_back.wait(30)
        return send(*arguments, **options)

    monkeypatch.setattr(Sender, "send", send_late)
    run = TrainingRun(experiment)
    own_server.kill()
    save(run, 1)
    run.flush()
    own_server.start()
    # Another machine, after the lease ran out here.
    with TrainingRun(experiment, take_over=True, spool=tmp_path / "another") as other:
        save(other, 1)
        other.flush()
    is_back.set()
    # What waits is sent in the background.
    wait_until(lambda: run.lost is not None)
    # The one that has gone by now, or the one that still has it: what was heard of first.
    with pytest.raises(modelbox.RunTakenOver, match=r"somebody else has trained|has it now"):
        run.check()
    with contextlib.suppress(modelbox.RunTakenOver):
        run.close()
    assert steps_of(experiment) == [1]


def test_what_a_killed_trainer_left_is_sent_before_the_next_one_begins(
    own_server: ServerProcess, own_box: modelbox.ModelBox
) -> None:
    experiment = new_experiment(own_box)
    leave(own_server, own_box, experiment)
    with TrainingRun(experiment) as run:
        latest = run.latest_checkpoint()
        assert latest is not None
        assert latest.step == 2
        with latest.open("state.bin") as file:
            assert file.read() == noise(2, 100_000)
        save(run, 3)
    assert steps_of(experiment) == [1, 2, 3]


def test_a_trainer_that_died_as_it_took_the_lease_does_not_cost_what_waits(
    own_server: ServerProcess, own_box: modelbox.ModelBox
) -> None:
    experiment = new_experiment(own_box)
    leave(own_server, own_box, experiment)
    for _ in range(2):
        child = start_child(own_box, experiment, _DIE_AS_IT_TAKES_THE_LEASE)
        child.communicate(timeout=30)
        assert child.returncode == -9
        # And a trainer elsewhere that writes nothing.
        with experiment.start_run(holder="elsewhere", take_over=True):
            pass
    with TrainingRun(experiment) as run:
        latest = run.latest_checkpoint()
        assert latest is not None
        assert latest.step == 2
    assert steps_of(experiment) == [1, 2]


def test_one_that_was_closed_while_the_server_was_away_makes_room(
    own_server: ServerProcess, own_box: modelbox.ModelBox
) -> None:
    experiment = new_experiment(own_box)
    run = TrainingRun(experiment)
    own_server.kill()
    save(run, 1)
    run.close()
    own_server.start()
    with TrainingRun(experiment) as again:
        latest = again.latest_checkpoint()
        assert latest is not None
        assert latest.step == 1
    assert steps_of(experiment) == [1]


def test_without_a_server_it_says_so_within_a_second(
    own_server: ServerProcess, own_box: modelbox.ModelBox
) -> None:
    experiment = new_experiment(own_box)
    own_server.kill()
    began_at = time.monotonic()
    with pytest.raises(modelbox.Unavailable, match="Nothing listens"):
        TrainingRun(experiment)
    assert time.monotonic() - began_at < 1


def test_wrong_arguments_are_refused(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    with pytest.raises(modelbox.InvalidInput, match="ttl_seconds"):
        TrainingRun(experiment, ttl_seconds=1)
    with pytest.raises(modelbox.InvalidInput, match="max_pending"):
        TrainingRun(experiment, max_pending=0)
    # Nobody holds it after that.
    TrainingRun(experiment).close()


def test_a_child_of_a_fork_does_not_end_the_run(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    with TrainingRun(experiment) as run:
        with forked() as is_child:
            if is_child:
                run.close()
        with pytest.raises(modelbox.RunHeld):
            TrainingRun(experiment)
        save(run, 1)
    assert steps_of(experiment) == [1]


def test_a_program_that_just_ends_gives_the_run_back(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    program = (
        "import sys, modelbox\n"
        "run = modelbox.TrainingRun(modelbox.ModelBox().experiment(sys.argv[1]))\n"
        "run.metrics.log_metrics({'loss': 1.0}, 1)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, experiment.id],
        env={**os.environ, "MODELBOX_SERVER_ADDR": box.connection.base_url},
        check=True,
        timeout=30,
    )
    assert [point.value for point in experiment.metric_points("loss")] == [1.0]
    with experiment.start_run(holder="another machine"):
        pass
