"""What waits on disk while the server is away, and how it is sent."""

import contextlib
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess
from transfers import noise

import modelbox
from modelbox._gen.lease_service_pb2 import LEASE_KIND_RUN, Lease, ReleaseLeaseRequest
from modelbox._gen.methods import LeaseService
from modelbox.connection import Connection
from modelbox.holder import holder_name
from modelbox.objects.lease import fence_of
from modelbox.saving import CheckpointQueue, FilesSnapshot, FixedFence, MetricsWriter
from modelbox.spool import BackgroundSender, Sender, Spool, run_fence, send_spool, sender

DATA = 300_000


def _always(_spool: Spool, _experiment_id: str) -> bool:
    return True


def _die(_spool: Spool, _entry: object) -> None:
    raise KeyboardInterrupt


def new_experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"spool-{uuid.uuid4().hex[:8]}")


def train(experiment: modelbox.Experiment, spool: Spool, steps: range) -> None:
    """Logs and saves each step, and waits until all of it is in the spool or on the server."""
    with CheckpointQueue(experiment, spool=spool) as queue, MetricsWriter(experiment, spool=spool) as writer:
        for step in steps:
            writer.log_metrics({"loss": float(step)}, step)
            writer.log_event("step_done", {"step": step})
            queue.submit(FilesSnapshot({"state.bin": noise(step, DATA)}), step=step)
            queue.flush()
            writer.flush()


def check_all(experiment: modelbox.Experiment, steps: range) -> None:
    """Everything is there, in order, once, and byte-exact."""
    assert [point.step for point in experiment.metric_points("loss")] == list(steps)
    events = [event.data["step"] for event in reversed(list(experiment.events())) if event.data is not None]
    assert events == list(steps)
    checkpoints = sorted(experiment.checkpoints(), key=lambda one: one.created_at)
    assert [one.step for one in checkpoints] == list(steps)
    latest = experiment.latest_checkpoint()
    assert latest == checkpoints[-1]
    for one in checkpoints:
        with one.open("state.bin") as file:
            assert file.read() == noise(one.step, DATA)


def test_with_the_server_away_training_goes_on_and_everything_arrives(
    own_server: ServerProcess, own_box: modelbox.ModelBox, tmp_path: Path
) -> None:
    experiment, spool = new_experiment(own_box), Spool(own_box.connection, tmp_path / "spool")
    background = BackgroundSender(spool)
    train(experiment, spool, range(2))
    assert not spool.holds(experiment.id)
    own_server.kill()
    train(experiment, spool, range(2, 5))
    assert spool.holds(experiment.id)
    own_server.start()
    train(experiment, spool, range(5, 7))
    assert background.wait_until_sent(experiment.id, 60)
    check_all(experiment, range(7))


def test_a_new_process_sends_what_was_left(
    own_server: ServerProcess, own_box: modelbox.ModelBox, tmp_path: Path
) -> None:
    experiment, folder = new_experiment(own_box), tmp_path / "spool"
    own_server.kill()
    train(experiment, Spool(own_box.connection, folder), range(3))
    environment = {
        **os.environ,
        "MODELBOX_SERVER_ADDR": own_server.addr,
        "MODELBOX_SPOOL_DIR": str(folder),
    }
    command = [sys.executable, "-m", "modelbox.spool"]
    began_at = time.monotonic()
    away = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    assert (away.returncode, "Not sent: Nothing listens" in away.stderr) == (1, True), away
    assert time.monotonic() - began_at < 10
    own_server.start()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "9 sent, 0 waiting, 0 set aside.\n"), done
    check_all(experiment, range(3))


def test_what_was_sent_by_somebody_who_died_then_is_not_sent_twice(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    monkeypatch.setattr(Spool, "holds", _always)
    train(experiment, spool, range(2))
    monkeypatch.undo()
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "remove", _die)
        with pytest.raises(KeyboardInterrupt):
            Sender(spool).send()
    assert Sender(spool).send().sent == 6
    check_all(experiment, range(2))


def test_the_newest_checkpoint_stays_when_there_is_no_room_and_metrics_are_refused_then(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = new_experiment(box)
    spool = Spool(box.connection, tmp_path / "spool", limit_bytes=3 * DATA)
    monkeypatch.setattr(Spool, "holds", _always)
    queue = CheckpointQueue(experiment, spool=spool)
    handles = [queue.submit(FilesSnapshot({"state.bin": noise(step, DATA)}), step=step) for step in range(4)]
    large = queue.submit(FilesSnapshot({"state.bin": bytes(4 * DATA)}), step=9)
    # A warning, and training goes on; but it must not end as if all were well.
    queue.flush()
    with pytest.raises(modelbox.SpoolFull):
        queue.close()
    assert [handle.state for handle in handles] == ["spooled"] * 4
    assert large.state == "failed"
    assert isinstance(large.exception(), modelbox.SpoolFull)
    monkeypatch.undo()
    Sender(spool).send()
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 3
    # The older ones have given way to the newest, and none to what has no room even so.
    assert sorted(one.step for one in experiment.checkpoints()) == [2, 3]


def test_what_can_never_be_sent_is_set_aside_and_the_rest_goes_on(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    monkeypatch.setattr(Spool, "holds", _always)
    train(experiment, spool, range(2))
    monkeypatch.undo()
    experiment.new_checkpoint(0, {"state.bin": b"another"})
    report = send_spool(box, folder=tmp_path / "spool")
    assert (report.sent, report.set_aside, report.waiting) == (5, 1, 0)
    (why,) = (tmp_path / "spool").rglob("why.txt")
    assert "step-0" in why.read_text()


def test_an_upload_whose_lease_has_ended_begins_anew(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    monkeypatch.setattr(Spool, "holds", _always)
    train(experiment, spool, range(1))
    monkeypatch.undo()
    commit = sender.commit_checkpoint

    def commit_late(*arguments: Any, **options: Any) -> Any:
        # As after a sleep of the machine, between upload and commit.
        raise modelbox.FailedPrecondition("The lease has ended.", reason="LEASE_ENDED")

    monkeypatch.setattr(sender, "commit_checkpoint", commit_late)
    with contextlib.suppress(modelbox.FailedPrecondition):
        Sender(spool).send()
    monkeypatch.setattr(sender, "commit_checkpoint", commit)
    report = Sender(spool).send()
    assert (report.set_aside, report.waiting) == (0, 0)
    check_all(experiment, range(1))


def test_a_wrong_token_sets_nothing_aside(
    server_token_box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = new_experiment(server_token_box)
    spool = Spool(server_token_box.connection, tmp_path / "spool")
    monkeypatch.setattr(Spool, "holds", _always)
    train(experiment, spool, range(1))
    monkeypatch.undo()
    with (
        modelbox.ModelBox(server_token_box.connection.base_url, "mbx_wrong") as wrong,
        pytest.raises(modelbox.Unauthenticated),
    ):
        send_spool(wrong, folder=tmp_path / "spool")
    assert spool.holds(experiment.id)
    assert send_spool(server_token_box, folder=tmp_path / "spool").sent == 3


def left_by_a_dead_trainer(
    experiment: modelbox.Experiment, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 1 waits, under a run lease that is over."""
    run = experiment.start_run(holder="dead")
    monkeypatch.setattr(Spool, "holds", _always)
    with CheckpointQueue(experiment, spool=spool, fence=FixedFence(run.experiment.run_fence)) as queue:
        queue.submit(FilesSnapshot({"state.bin": noise(1, DATA)}), step=1)
    monkeypatch.undo()
    run.release()


@pytest.mark.parametrize("other_did", ["nothing", "hold", "train"])
def test_what_a_dead_trainer_left_goes_only_if_nobody_has_trained_since(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_did: str
) -> None:
    somebody_trained = other_did == "train"
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    left_by_a_dead_trainer(experiment, spool, monkeypatch)
    if other_did != "nothing":
        with experiment.start_run(holder="another") as other:
            assert Sender(spool).send().waiting == 1
            if somebody_trained:
                other.experiment.new_checkpoint(1, {"state.bin": b"of another"})
    report = Sender(spool).send()
    assert (report.sent, report.set_aside) == ((0, 1) if somebody_trained else (1, 0))
    latest = experiment.latest_checkpoint()
    assert latest is not None
    with latest.open("state.bin") as file:
        assert file.read() == (b"of another" if somebody_trained else noise(1, DATA))


def test_a_lease_that_was_given_and_not_heard_of_sets_nothing_aside(
    box: modelbox.ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    left_by_a_dead_trainer(experiment, spool, monkeypatch)
    acquire = run_fence.acquire

    def acquire_unheard(connection: Connection, *arguments: Any, **options: Any) -> Lease:
        lease = acquire(connection, *arguments, **options)
        # Its time runs out.
        connection.call(LeaseService.ReleaseLease, ReleaseLeaseRequest(lease_id=lease.id))
        raise modelbox.Unavailable("The connection broke.")

    monkeypatch.setattr(run_fence, "acquire", acquire_unheard)
    for _ in range(2):
        with pytest.raises(modelbox.Unavailable):
            Sender(spool).send()
    monkeypatch.setattr(run_fence, "acquire", acquire)
    report = Sender(spool).send()
    assert (report.sent, report.set_aside) == (1, 0)


def test_a_sender_that_was_slow_does_not_take_what_waits_from_the_trainer(
    box: modelbox.ModelBox, tmp_path: Path
) -> None:
    experiment, spool = new_experiment(box), Spool(box.connection, tmp_path / "spool")
    earlier = acquire_run(box, experiment)
    later = acquire_run(box, experiment)
    assert spool.adopt(experiment.id, later, holder_name()) == 0
    assert spool.adopt(experiment.id, earlier) == 0
    assert spool.book_of(experiment.id) == fence_of(later)


def acquire_run(box: modelbox.ModelBox, experiment: modelbox.Experiment) -> Lease:
    return run_fence.acquire(box.connection, LEASE_KIND_RUN, experiment.reference, take_over=True)
