"""What stops no training: a token that ends, a server that is full, a spool that can't be written or is full."""

import json
from pathlib import Path

import pytest
from server_process import ServerProcess
from training_runs import new_experiment, save, steps_of, wait_until
from transfers import noise

import modelbox
from modelbox.resume.training_run import TrainingRun
from modelbox.saving import FilesSnapshot
from modelbox.spool import send_spool


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


def test_a_token_that_ends_stops_no_training(
    token_server: ServerProcess, server_token_box: modelbox.ModelBox, caplog: pytest.LogCaptureFixture
) -> None:
    made = json.loads(token_server.command("server", "tokens", "create", "--name", "trainer", "--json"))
    with modelbox.ModelBox(token_server.addr, made["text"]) as box:
        experiment = new_experiment(box)
        run = TrainingRun(experiment)
        save(run, 1)
        run.flush()
        token_server.command("server", "tokens", "revoke", "trainer")
        wait_until(lambda: is_refused(box))
        for step in (2, 3):
            save(run, step)
            run.flush()
        run.check()
        with pytest.raises(modelbox.Unauthenticated):
            run.close()
    assert "goes to the spool" in caplog.text
    # That nothing is lost, and what to do.
    assert "python -m modelbox.spool" in caplog.text
    # With another token everything arrives.
    assert send_spool(server_token_box).waiting == 0
    assert steps_of(server_token_box.experiment(experiment.id)) == [1, 2, 3]


def is_refused(box: modelbox.ModelBox) -> bool:
    try:
        list(box.namespaces())
    except modelbox.Unauthenticated:
        return True
    return False


def test_a_full_server_stops_no_training(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box)
    namespace = box.namespace(experiment.path.partition("/")[0])
    with TrainingRun(experiment) as run:
        save(run, 1)
        run.flush()
        namespace.update(quota_bytes=150_000)
        for step in (2, 3):
            save(run, step)
            run.flush()
        assert [one.step for one in experiment.checkpoints()] == [1]
        namespace.update(quota_bytes="none")
    assert steps_of(experiment) == [1, 2, 3]


def test_a_spool_that_cannot_be_written_is_a_warning(
    own_server: ServerProcess,
    own_box: modelbox.ModelBox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    experiment = new_experiment(own_box)
    (tmp_path / "file").write_bytes(b"")
    with TrainingRun(experiment, spool=tmp_path / "file" / "spool") as run:
        assert "can't be written" in caplog.text
        own_server.kill()
        for step in (1, 2):
            save(run, step)
            run.flush()
        own_server.start()
        save(run, 3)
    assert [one.step for one in experiment.checkpoints()] == [3]


def test_a_full_spool_is_a_warning(
    own_server: ServerProcess, own_box: modelbox.ModelBox, caplog: pytest.LogCaptureFixture
) -> None:
    experiment = new_experiment(own_box)
    with TrainingRun(experiment, spool_limit_bytes=90_000) as run:
        own_server.kill()
        handle = run.queue.submit(FilesSnapshot({"state.bin": noise(1, 100_000)}), step=1)
        run.flush()
        assert isinstance(handle.exception(), modelbox.SpoolFull)
        assert "limit" in caplog.text
        own_server.start()
        save(run, 2)
    assert steps_of(experiment) == [2]
