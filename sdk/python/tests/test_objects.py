import math
import pickle
import uuid
from datetime import datetime, timezone
from pathlib import Path

import pytest

import modelbox


@pytest.fixture
def namespace() -> str:
    return f"team-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(box: modelbox.ModelBox, namespace: str) -> modelbox.Experiment:
    return box.new_experiment(
        "wav2vec-lid", "me@example.com", namespace, external_id="slurm-1", framework="pytorch"
    )


def test_creating_again_returns_the_one_that_is_there(
    box: modelbox.ModelBox, experiment: modelbox.Experiment, namespace: str
) -> None:
    again = box.new_experiment("wav2vec-lid", "me@example.com", namespace, "slurm-1", "pytorch")
    assert again == experiment
    with pytest.raises(modelbox.AlreadyExists):
        box.new_experiment("wav2vec-lid", "somebody-else@example.com", namespace)
    assert box.experiment(experiment.path) == experiment
    assert box.get(experiment.reference) == experiment
    assert experiment.created_at.tzinfo is timezone.utc


def test_labels_are_json(experiment: modelbox.Experiment) -> None:
    labels = {"gpu": "a100", "seed": 17, "lr": 1e-4, "nested": {"list": [1, "b", None, True]}}
    assert experiment.set_labels(labels) == labels
    assert experiment.update_metadata("seed", 18)["seed"] == 18
    assert experiment.refresh().labels == {**labels, "seed": 18}
    assert "gpu" not in experiment.unset_labels("gpu", "not-there")
    for bad in (float("nan"), 2**60, object()):
        with pytest.raises(modelbox.InvalidInput):
            experiment.update_metadata("x", bad)  # type: ignore[arg-type]
    # Nobody changed it since `fresh`, but somebody did since `experiment`.
    fresh = experiment.refresh()
    with pytest.raises(modelbox.Aborted):
        experiment.update(description="lost update", if_unchanged=True)
    changed = fresh.update(description="kept", name="renamed", if_unchanged=True)
    assert (changed.description, changed.name, changed.owner) == ("kept", "renamed", "me@example.com")


def test_metrics_are_numbers_text_and_bytes(experiment: modelbox.Experiment) -> None:
    measured = datetime(2026, 11, 26, 5, 0, 0, 123456, tzinfo=timezone.utc)
    experiment.log_metrics({"loss": 0.5, "note": "warm", "raw": b"\0\1", "n": 3}, 10, measured)
    experiment.log_metrics({"loss": math.nan}, step=20)
    experiment.log_metrics({"loss": math.inf}, step=30, wallclock=measured.timestamp() + 1)
    points = list(experiment.metric_points("loss"))
    assert [point.step for point in points] == [10, 20, 30]
    assert points[0].value == 0.5
    assert points[0].wall_time == measured
    assert math.isnan(float(points[1].value))
    assert points[2].value == math.inf
    latest = experiment.latest_metrics()
    assert {key: latest[key].value for key in ("note", "raw", "n")} == {
        "note": "warm",
        "raw": b"\0\1",
        "n": 3.0,
    }
    assert experiment.refresh().metrics["note"] == "warm"
    with pytest.raises(modelbox.InvalidInput, match="time zone"):
        experiment.log_metrics({"loss": 1.0}, 40, datetime(2026, 1, 1))
    with pytest.raises(modelbox.InvalidInput, match="loss"):
        experiment.log_metrics({"loss": [1, 2]}, 40)


def test_scalars_of_numpy_are_metrics_and_labels(experiment: modelbox.Experiment) -> None:
    numpy = pytest.importorskip("numpy")
    experiment.log_metrics({"a": numpy.float32(0.5), "b": numpy.int64(3), "c": numpy.array([2.0])}, step=1)
    assert {key: one.value for key, one in experiment.latest_metrics().items()} == {
        "a": 0.5,
        "b": 3.0,
        "c": 2.0,
    }
    assert experiment.update_metadata("n", numpy.int64(5))["n"] == 5
    with pytest.raises(modelbox.InvalidInput):
        experiment.log_metrics({"a": numpy.zeros(3)}, step=2)


def test_more_points_than_a_call_takes_go_in_several(experiment: modelbox.Experiment) -> None:
    points = (modelbox.MetricPoint(key="loss", step=step, value=float(step)) for step in range(10_001))
    assert experiment.log_metric_points(points) == 10_001
    assert [one.step for one in experiment.metric_points("loss", min_step=9_999)] == [9_999, 10_000]


def test_a_list_is_fetched_page_by_page(box: modelbox.ModelBox, namespace: str) -> None:
    for number in range(5):
        box.new_experiment(f"run-{number}", namespace=namespace, metadata={"number": number})
    listing = box.experiments(namespace, order_by="name")
    listing._page_size = 2
    assert [one.name for one in listing] == [f"run-{number}" for number in range(5)]
    assert [one.name for one in listing] == [f"run-{number}" for number in range(5)]
    assert [one.name for one in listing.take(3)] == ["run-0", "run-1", "run-2"]
    found = box.experiments(namespace, filter="labels.number >= 3", order_by="name desc")
    assert [one.name for one in found] == ["run-4", "run-3"]
    assert box.experiments(namespace, filter='name = "nobody"').first() is None
    with pytest.raises(modelbox.InvalidArgument):
        list(box.experiments(namespace, filter="name ~ 1"))


def test_a_checkpoint_has_files_and_metrics(experiment: modelbox.Experiment, tmp_path: Path) -> None:
    assert experiment.latest_checkpoint() is None
    weights = b"weights" * 1000
    first = experiment.new_checkpoint(1000, {"model.bin": weights}, metrics={"loss": 0.8}, epoch=1)
    second = experiment.new_checkpoint(
        2000, {"model.bin": weights, "optim/adam.bin": b"a"}, metadata={"best": True}
    )
    assert (first.name, first.step, first.epoch, first.metrics) == ("step-1000", 1000, 1, {"loss": 0.8})
    assert second.epoch is None
    assert experiment.latest_checkpoint() == second
    assert experiment.checkpoint("latest") == second
    assert list(experiment.checkpoints(filter="metrics.loss < 1")) == [first]
    assert [one.path for one in second.files()] == ["model.bin", "optim/adam.bin"]
    assert [one.path for one in second.files("optim")] == ["optim/adam.bin"]
    assert second.artifact is not None
    assert second.artifact.size_bytes == len(weights) + 1
    folder = second.download(tmp_path / "out")
    assert (folder / "model.bin").read_bytes() == weights
    with second.open("model.bin") as file:
        file.seek(7)
        assert file.read(7) == b"weights"
    with pytest.raises(modelbox.NotFound, match="nothing"):
        second.open("nothing.bin")
    assert first.experiment() == experiment
    assert experiment.new_checkpoint(1000, {"model.bin": weights}, metrics={"loss": 0.8}, epoch=1) == first
    with pytest.raises(modelbox.AlreadyExists):
        experiment.new_checkpoint(1000, {"model.bin": b"other"})
    first.delete()
    with pytest.raises(modelbox.NotFound):
        first.refresh()


def test_a_held_checkpoint_is_not_deleted(experiment: modelbox.Experiment) -> None:
    checkpoint = experiment.new_checkpoint(1)
    with checkpoint.hold() as lease:
        with pytest.raises(modelbox.FailedPrecondition) as caught:
            checkpoint.delete(recursive=True)
        assert caught.value.reason == "LEASED"
        assert lease.lease.ttl_seconds == 60
        assert lease.lease.refresh().kind == "restore"
    checkpoint.delete()


def test_one_trainer_for_each_experiment(experiment: modelbox.Experiment) -> None:
    with experiment.start_run(holder="a") as first:
        first.experiment.log_metrics({"loss": 1.0}, step=1)
        with pytest.raises(modelbox.FailedPrecondition) as caught:
            experiment.start_run(holder="b")
        assert caught.value.reason == "LEASE_HELD"
        with experiment.start_run(holder="b", take_over=True) as second:
            assert second.lease.fencing_number > first.lease.fencing_number
            for late in (
                lambda: first.experiment.log_metrics({"loss": 2.0}, step=2),
                lambda: first.experiment.refresh().new_checkpoint(2),
            ):
                with pytest.raises(modelbox.Aborted) as fenced:
                    late()
                assert fenced.value.reason == "FENCED"
            checkpoint = second.experiment.new_checkpoint(2)
            checkpoint.log_metrics({"val": 0.5}, step=2)
    with pytest.raises(modelbox.Aborted):
        checkpoint.log_metrics({"val": 0.4}, step=3)
    assert [one.step for one in experiment.metric_points("loss")] == [1]


def test_a_version_moves_a_tag(
    box: modelbox.ModelBox, experiment: modelbox.Experiment, namespace: str, tmp_path: Path
) -> None:
    model = box.new_model("lid", "me@example.com", namespace, task="lang-id", experiment=experiment)
    checkpoint = experiment.new_checkpoint(1, {"model.safetensors": b"tensors"})
    first = model.new_model_version(checkpoint=checkpoint, unique_tags=["production"], metadata={"a": 1})
    second = model.new_model_version(
        "2026-11",
        "A title",
        "Text",
        {"model.onnx": b"onnx"},
        {"env": "prod"},
        [],
        "onnx",
        metrics={"acc": 0.9},
    )
    assert (first.version, first.checkpoint(), first.model()) == ("1", checkpoint, model)
    assert first.experiment() == experiment
    assert [tag.name for tag in first.tags] == ["production"]
    assert (second.name, second.framework, second.labels) == ("A title", "onnx", {"env": "prod"})
    with pytest.raises(modelbox.Aborted):
        second.set_unique_tag("production", expected_version="none")
    second.set_unique_tag("production", expected_version=first.id)
    assert box.model_version(f"{namespace}/lid@production") == second
    assert model.version("production") == second
    assert [(one.version, one.unset_at is None) for one in model.tag_history("production")] == [
        ("2026-11", True),
        ("1", False),
    ]
    assert model.refresh().tags == {"production": "2026-11"}
    assert set(model.versions()) == {first, second}
    assert (first.download(tmp_path / "v") / "model.safetensors").read_bytes() == b"tensors"
    assert model.remove_unique_tag("production") == second
    with pytest.raises(modelbox.InvalidInput, match="list"):
        model.new_model_version(unique_tags="production")


def test_artifacts_are_uploaded_and_tracked(experiment: modelbox.Experiment, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "a.txt").write_text("text")
    uploaded = experiment.upload_artifact(tmp_path / "report")
    assert (uploaded.name, uploaded.file_count, uploaded.object_path) == ("report", 1, experiment.path)
    assert (uploaded.download(tmp_path / "again") / "a.txt").read_text() == "text"
    tracked = experiment.track_artifacts(
        {
            "train.parquet": modelbox.TrackedFile(uri="s3://bucket/train.parquet", size_bytes=12),
            "test.parquet": "s3://bucket/test.parquet",
        },
        name="data",
    )
    assert [(one.path, one.uri, one.size_bytes) for one in tracked.files()] == [
        ("test.parquet", "s3://bucket/test.parquet", -1),
        ("train.parquet", "s3://bucket/train.parquet", 12),
    ]
    with pytest.raises(modelbox.InvalidInput, match="s3://bucket"):
        tracked.open("test.parquet")
    assert experiment.track_artifacts(["s3://bucket/x+y.csv"]).name == "x-y.csv"
    assert {one.name for one in experiment.artifacts()} == {"report", "data", "x-y.csv"}
    tracked.delete()
    assert {one.name for one in experiment.artifacts()} == {"report", "x-y.csv"}


def test_events_and_lineage(box: modelbox.ModelBox, experiment: modelbox.Experiment, namespace: str) -> None:
    experiment.log_event("checkpoint_started", {"step": 5}, source="trainer", wallclock=1_700_000_000.25)
    (event,) = experiment.events()
    assert (event.name, event.source, event.data) == ("checkpoint_started", "trainer", {"step": 5})
    assert event.time.timestamp() == 1_700_000_000.25
    edge = experiment.made_from("dataset:s3://bucket/train", "trained_on")
    graph = experiment.lineage("ancestors")
    assert ("dataset:s3://bucket/train", "trained_on") in [(one.source, one.relation) for one in graph.edges]
    assert graph.nodes[0].path == experiment.path
    assert box.lineage("dataset:s3://bucket/train", namespace=namespace, direction="descendants").edges
    assert box.remove_lineage(namespace, [edge]) == 1


def test_namespaces_storage_and_server(box: modelbox.ModelBox, namespace: str) -> None:
    made = box.new_namespace(namespace, "me@example.com", quota_bytes=10_000_000)
    assert made.quota_bytes == 10_000_000
    assert made.update(quota_bytes="none").quota_bytes is None
    made.upload_artifact({"a.bin": b"x" * 100}, name="a")
    assert box.namespace_storage(namespace).logical_bytes == 100
    assert box.storage().file_count >= 1
    assert namespace in [one.name for one in box.namespaces_storage()]
    assert list(box.objects_storage(namespace)) is not None
    assert made in list(box.namespaces(filter=f'name = "{namespace}"'))
    info = box.server_info()
    assert info.limits.max_metric_points == 10_000
    with pytest.raises(modelbox.FailedPrecondition):
        made.delete()
    made.delete(recursive=True)


def test_objects_are_pickled_without_the_token(server_token_box: modelbox.ModelBox) -> None:
    made = server_token_box.new_experiment("a", namespace="pickled", metadata={"x": 1})
    data = pickle.dumps(made)
    assert b"mbx_" not in data
    assert server_token_box.connection.settings.token.encode() not in data
    copy = pickle.loads(data)
    assert copy == made
    assert copy.labels == {"x": 1}
    assert "mbx_" not in repr(server_token_box) + repr(made) + repr(server_token_box.connection.settings)
