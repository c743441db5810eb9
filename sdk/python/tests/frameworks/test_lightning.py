"""Lightning: trainings go on where they were, and checkpoints stay and go as `ModelCheckpoint` says."""

import argparse
import enum
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lightning_project import Project
from server_process import ServerProcess

import modelbox
from modelbox.saving.metrics import DEFAULT_INTERVAL_SECONDS
from modelbox.saving.writes import log_metrics

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def project(box: modelbox.ModelBox) -> Project:
    return Project(box)


def test_a_training_goes_on_from_every_step_to_the_bit(box: modelbox.ModelBox) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint
    from small_lightning import StopAfter, Stopped, bits_of, validation_loader

    def callbacks() -> list[Any]:
        return [
            ModelCheckpoint(every_n_train_steps=2),
            ModelCheckpoint(filename="best-{epoch}", monitor="val_loss", save_top_k=2, save_last=True),
        ]

    whole, _ = Project(box).fit(*callbacks(), validation=validation_loader())
    for step in (3, 6, 14):
        project = Project(box)
        with pytest.raises(Stopped):
            project.fit(*callbacks(), StopAfter(step), validation=validation_loader())
        model, trainer = project.fit(*callbacks(), validation=validation_loader(), seed=99)
        assert trainer.global_step == 18
        assert bits_of(model) == bits_of(whole), step
        # At most one interval is trained again, with the data of the first time.
        assert model.seen == whole.seen[-len(model.seen) :]
        assert len(model.seen) <= 18 - step + 2


def test_data_loaders_with_a_state_of_their_own_keep_to_it(box: modelbox.ModelBox) -> None:
    import torch
    from lightning.pytorch.callbacks import ModelCheckpoint
    from small_lightning import BATCH_SIZE, Samples, StopAfter, Stopped, bits_of
    from torch.utils.data import DataLoader

    class Loader(DataLoader[Any]):
        """In order, from where it was."""

        position = 0

        def __iter__(self) -> Any:
            for index in range(self.position, len(self)):
                self.position = (index + 1) % len(self)
                yield torch.stack([self.dataset[index * BATCH_SIZE + one] for one in range(BATCH_SIZE)])

        def state_dict(self) -> dict[str, int]:
            return {"position": self.position}

        def load_state_dict(self, state: dict[str, int]) -> None:
            self.position = state["position"]

    def loader() -> Loader:
        return Loader(Samples(), batch_size=BATCH_SIZE)

    whole, _ = Project(box).fit(loader=loader())
    project = Project(box)
    with pytest.raises(Stopped):
        project.fit(ModelCheckpoint(every_n_train_steps=2), StopAfter(9), loader=loader())
    model, _ = project.fit(ModelCheckpoint(every_n_train_steps=2), loader=loader())
    assert len(model.seen) == 10
    assert bits_of(model) == bits_of(whole)


def test_exactly_the_best_are_left(project: Project) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint
    from small_lightning import validation_loader

    best = ModelCheckpoint(
        monitor="val_loss", save_top_k=2, save_last=True, filename="{epoch}-{val_loss:.3f}"
    )
    _, trainer = project.fit(best, validation=validation_loader(), epochs=6)
    names = project.names()
    assert len(names) == 3
    last = next(one for one in project.experiment.checkpoints() if one.name.startswith("last"))
    assert last.step == trainer.global_step == last.experiment().latest_checkpoint().step
    left = {
        one.labels["lightning/path"]: one.metrics["val_loss"]
        for one in project.experiment.checkpoints()
        if one.name != last.name
    }
    assert left == {os.path.normpath(path): float(score) for path, score in best.best_k_models.items()}
    history = sorted(point.value for point in project.experiment.metric_points("val_loss"))
    assert sorted(left.values()) == pytest.approx(history[:2])
    # They are found by their paths, also by another trainer.
    results = trainer.validate(ckpt_path=best.best_model_path, dataloaders=validation_loader(), verbose=False)
    assert set(results[0]) == {"val_loss"}
    assert project.names() == names


def test_the_best_of_two_processes_are_left(project: Project) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint
    from small_lightning import StopAfter, Stopped, validation_loader

    def best() -> Any:
        return ModelCheckpoint(monitor="val_loss", save_top_k=1, mode="max", filename="{epoch}")

    with pytest.raises(Stopped):
        project.fit(best(), StopAfter(14), validation=validation_loader())
    second = best()
    project.fit(second, validation=validation_loader(), epochs=5)
    left = list(project.experiment.checkpoints())
    assert [one.labels["lightning/path"] for one in left] == [os.path.normpath(second.best_model_path)]


def test_all_that_a_callback_keeps_under_one_name_are_kept(project: Project) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint

    every = ModelCheckpoint(every_n_train_steps=3, save_top_k=-1, monitor="loss", filename="{epoch}")
    project.fit(every, epochs=2)
    assert [one.step for one in project.experiment.checkpoints(order_by="step")] == [3, 6, 9, 12]


def test_what_somebody_restores_from_is_not_deleted_before_they_are_done(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    from lightning.pytorch import Callback
    from lightning.pytorch.callbacks import ModelCheckpoint

    held: list[Any] = []

    class Hold(Callback):
        def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step == 4 and not held:
                trainer.strategy.checkpoint_io.run.open().flush()
                held.append(project.experiment.latest_checkpoint().hold())

    with caplog.at_level(logging.WARNING, "modelbox"):
        project.fit(ModelCheckpoint(every_n_train_steps=4), Hold())
    assert {one.step for one in project.experiment.checkpoints()} == {4, 16}
    assert "step-4 was to be deleted, and stays" in caplog.text
    held[0].release()
    # The next one does it, as the checkpoint that it goes on from says.
    project.fit(ModelCheckpoint(every_n_train_steps=4), epochs=4)
    assert {one.step for one in project.experiment.checkpoints()} == {24}


def test_one_that_is_resumed_from_by_name_stays(project: Project) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint

    project.fit(ModelCheckpoint(), epochs=1)
    (first,) = project.names()
    project.fit(ModelCheckpoint(), epochs=3, ckpt_path=f"modelbox://{project.path}/{first}")
    assert first in project.names()
    assert len(project.names()) == 2


def test_names_of_ones_own(project: Project) -> None:
    from lightning.pytorch.callbacks import ModelCheckpoint

    with pytest.raises(modelbox.NotFound):
        project.fit(ckpt_path=f"modelbox://{project.path}/nothing")
    _, trainer = project.fit(ModelCheckpoint(save_top_k=0), epochs=1)
    trainer.save_checkpoint(f"modelbox://{project.path}/released")
    assert project.names() == {"released"}
    _, trainer = project.fit(epochs=2, ckpt_path=f"modelbox://{project.path}/released")
    assert trainer.global_step == 12
    with pytest.raises(modelbox.InvalidInput, match="of another experiment"):
        trainer.save_checkpoint("modelbox://somebody/else/released")


def test_only_a_fit_of_its_own_experiment_begins_anew(project: Project, box: modelbox.ModelBox) -> None:
    from small_lightning import SmallModel, validation_loader

    other = box.new_experiment("other", namespace=project.namespace)
    with pytest.raises(modelbox.NotFound):
        project.fit(ckpt_path=f"modelbox://{other.path}/latest")
    with pytest.raises(modelbox.InvalidInput, match="is no checkpoint: give"):
        project.fit(ckpt_path="modelbox://nowhere")
    from lightning.pytorch import Trainer

    trainer = Trainer(**project.parts(), enable_progress_bar=False)
    with pytest.raises(modelbox.NotFound, match="has no checkpoint yet"):
        trainer.validate(
            SmallModel(), validation_loader(), ckpt_path=f"modelbox://{project.path}/latest", verbose=False
        )


def test_files_on_disk_are_read_as_before(project: Project, tmp_path: Path) -> None:
    from small_lightning import fit

    _, trainer = fit(epochs=1, logger=False, enable_checkpointing=False)
    trainer.save_checkpoint(tmp_path / "old.ckpt")
    _, trainer = project.fit(epochs=2, ckpt_path=str(tmp_path / "old.ckpt"))
    assert trainer.global_step == 12
    assert (tmp_path / "old.ckpt").exists()


class _Color(enum.Enum):
    RED = "red"


def test_hyperparameters_and_the_graph(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    import torch
    from small_lightning import SmallModel

    others: dict[str, Any] = {
        "path": Path("some/where"),
        "color": _Color.RED,
        "nested": argparse.Namespace(lr=0.5, betas=(0.9, 0.99)),
        "kind": torch.nn.ReLU,
        "function": torch.nn.functional.relu,
        "odd key": None,
        "infinite": float("inf"),
    }
    project.fit(model=SmallModel(hidden=5, **others), epochs=1)
    labels = project.experiment.get_labels()
    assert labels["hidden"] == 5
    assert labels["nested/lr"] == 0.5
    assert labels["nested/betas"] == [0.9, 0.99]
    assert labels["color"] == "red"
    assert labels["path"] == "some/where"
    assert labels["kind"] == "torch.nn.modules.activation.ReLU"
    assert labels["infinite"] == "inf"
    assert labels["odd_key"] is None
    assert list(project.box.experiments(project.namespace, filter="labels.hidden = 5"))
    state = project.experiment.restore()
    assert state["hyper_parameters"]["nested"] == {"lr": 0.5, "betas": (0.9, 0.99)}
    assert state["hyper_parameters"]["path"] == "some/where"
    assert isinstance(state["hyper_parameters"]["function"], str)
    assert len(re.findall("can't be stored without pickle", caplog.text)) == 1
    (graph,) = project.experiment.artifacts()
    assert graph.name == "model-graph"
    text = (graph.download(Path("graph")) / "model.txt").read_text()
    assert "BatchNorm1d" in text
    assert "Trainable params" in text


def test_objects_of_ones_own_need_permission(box: modelbox.ModelBox) -> None:
    from small_lightning import SmallModel

    class Keeps(SmallModel):
        def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
            checkpoint["mine"] = _Color.RED

    with pytest.raises(
        modelbox.InvalidInput, match=r"state\['mine'\].*ModelBoxCheckpointIO\(…, allow_pickle"
    ):
        Project(box).fit(model=Keeps(), epochs=1)
    project = Project(box)
    project.fit(model=Keeps(), epochs=1, **project.parts(allow_pickle=True))
    with pytest.raises(modelbox.InvalidInput, match="reading it can run any code"):
        project.fit(model=Keeps(), epochs=2, plugins=project.parts()["plugins"])
    _, trainer = project.fit(model=Keeps(), epochs=2, **project.parts(allow_pickle=True))
    assert trainer.global_step == 12


def test_metrics_go_in_batches(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # Else its import would count below, which takes longer than the training.
    import small_lightning  # noqa: F401

    calls: list[int] = []

    def count(connection: Any, request: Any, fence: Any) -> None:
        calls.append(len(request.points))
        log_metrics(connection, request, fence)

    monkeypatch.setattr("modelbox.saving.metrics.log_metrics", count)
    began = time.monotonic()
    # Saves would send what they come after.
    project.fit(epochs=10, enable_checkpointing=False)
    seconds = time.monotonic() - began
    points = list(project.experiment.metric_points("loss"))
    assert [point.step for point in points] == list(range(60))
    assert sum(calls) == 60 * 2
    # One for each second, and what is left at the end.
    assert len(calls) <= seconds / DEFAULT_INTERVAL_SECONDS + 1
    assert project.experiment.external_id == "job-1"
    assert project.experiment.framework == "lightning"


def test_two_trainers_of_one_experiment(project: Project) -> None:
    from lightning.pytorch import Callback
    from small_lightning import Stopped

    class Other(Callback):
        def __init__(self, **options: Any) -> None:
            self._options = options

        def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step == 7:
                project.fit(epochs=1, **Project.parts(project, **self._options))
                raise Stopped

    with pytest.raises(modelbox.RunHeld):
        project.fit(Other())
    with pytest.raises((Stopped, modelbox.RunTakenOver)):
        project.fit(Other(take_over=True))
    assert project.experiment.latest_checkpoint().step == 6


def test_a_package_that_lightning_does_not_know_of_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from modelbox.lightning import hooks

    project.parts()
    assert "not installed" not in caplog.text
    monkeypatch.setattr(hooks, "entry_points", lambda **_: [])
    project.parts()
    assert "not installed" in caplog.text


def test_a_wrong_token_is_told_within_a_second(server_token_box: modelbox.ModelBox) -> None:
    address = server_token_box.connection.base_url
    seconds: list[float] = []
    with modelbox.ModelBox(address, "mbx_wrong") as wrong:
        project = Project(wrong)
        for _ in range(4):
            began = time.monotonic()
            with pytest.raises(modelbox.Unauthenticated):
                project.fit()
            seconds.append(time.monotonic() - began)
    # The first one imports much, and other programs may have the machine for a while.
    assert min(seconds[1:]) < 1.0


def test_the_server_may_be_away_for_some_time(
    own_server: ServerProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lightning.pytorch import Callback
    from lightning.pytorch.callbacks import ModelCheckpoint

    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))

    class Away(Callback):
        def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
            if trainer.global_step == 5:
                own_server.kill()
                timer = threading.Timer(4.0, own_server.start)
                timer.start()
            elif trainer.global_step in (9, 12):
                time.sleep(2.5)

    with modelbox.ModelBox(own_server.addr) as box:
        project = Project(box)
        began = time.monotonic()
        project.fit(ModelCheckpoint(every_n_train_steps=1, save_top_k=-1), Away())
        assert time.monotonic() - began < 60
        assert {one.step for one in project.experiment.checkpoints()} == set(range(1, 19))
        assert [point.step for point in project.experiment.metric_points("loss")] == list(range(18))


def test_trainers_without_modelbox_are_left_alone() -> None:
    from small_lightning import fit

    model, trainer = fit(epochs=1, logger=False, enable_checkpointing=False)
    assert trainer.global_step == 6
    assert len(model.seen) == 6
