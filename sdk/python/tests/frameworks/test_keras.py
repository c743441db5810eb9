"""Callbacks of Keras, in this process; once more with JAX in another one (see test_keras_demo.py)."""

import random
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess

import modelbox
from modelbox.resume import TrainingRun
from modelbox.spool import Spool, send_spool

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

BATCHES = 6


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"n-{uuid.uuid4().hex}")


class Interrupted(Exception):
    pass


def _model(metrics: Any = ("mae",), **options: Any) -> Any:
    import keras

    # Its random numbers come from a seed generator of its own, and from the one of all.
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.4),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.AdamW(1e-2), "mse", metrics=list(metrics), **options)
    return model


def _data() -> Any:
    """Batches in an order and with noise that depend on the random numbers of Python and NumPy."""
    import keras
    import numpy as np

    values = np.random.default_rng(3).normal(size=(BATCHES, 5, 4)).astype("float32")

    class Data(keras.utils.PyDataset):
        def __len__(self) -> int:
            return BATCHES

        def __getitem__(self, index: int) -> Any:
            batch = values[index] + np.random.normal(0, 0.1, (5, 4)).astype("float32") + random.random()
            return batch, batch.sum(axis=1, keepdims=True)

    return Data()


def _callback(**methods: Any) -> Any:
    import keras

    return type("Own", (keras.callbacks.Callback,), methods)()


def _interrupt(step: int) -> Any:
    """Ends the training in the step after this one."""
    seen = []

    def on_train_batch_begin(_self: Any, batch: int, logs: Any = None) -> None:
        if len(seen) == step:
            raise Interrupted
        seen.append(batch)

    return _callback(on_train_batch_begin=on_train_batch_begin)


def _train(experiment: modelbox.Experiment, epochs: int, *others: Any, **options: Any) -> Any:
    """A process that trains: a model of its own, from the same beginning. Returns model and history."""
    import keras

    from modelbox.keras import ModelBoxBackup

    keras.utils.set_random_seed(11)
    model = _model(**({"steps_per_execution": options.pop("together")} if "together" in options else {}))
    with TrainingRun(experiment) as run:
        callbacks = [make(run) if callable(make) else make for make in others]
        history = model.fit(
            _data(),
            epochs=epochs,
            shuffle=True,
            verbose=0,
            validation_data=_data()[0],
            callbacks=[*callbacks, ModelBoxBackup(run, **options)],
        )
    return model, history.history


def _bits(model: Any) -> list[bytes]:
    import keras

    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable).tobytes() for variable in variables]


def _is_jax() -> bool:
    import keras

    return keras.backend.backend() == "jax"


@pytest.mark.parametrize("save_freq", ["epoch", 4])
def test_an_interrupted_training_ends_as_if_it_had_not_been(
    box: modelbox.ModelBox, experiment: modelbox.Experiment, save_freq: Any
) -> None:
    other = box.new_experiment("other", namespace=experiment.path.partition("/")[0])
    whole, history = _train(other, 4, save_freq=save_freq)
    for step in (9, 5, 14):
        with pytest.raises(Interrupted):
            _train(experiment, 4, _interrupt(step), save_freq=save_freq)
    resumed, rest = _train(experiment, 4, save_freq=save_freq)
    assert _bits(resumed) == _bits(whole)
    assert len(rest["loss"]) == 1
    for key, values in rest.items():
        assert values == pytest.approx(history[key][-len(values) :], rel=1e-6), key
    checkpoint = experiment.latest_checkpoint()
    assert checkpoint is not None
    assert (checkpoint.name, checkpoint.step, checkpoint.epoch) == ("backup-24-end", 24, 4)
    assert checkpoint.metrics["loss"] == pytest.approx(history["loss"][-1])
    resumes = [
        (event.data["epoch"], event.data["batch"])
        for event in experiment.events()
        if event.name == "training_resumed"
    ]
    # Of the nine steps, and of the twelve more, that had been done.
    expected = [(1, 0), (1, 0), (3, 0)] if save_freq == "epoch" else [(1, 2), (1, 2), (3, 2)]
    assert sorted(resumes) == expected

    # Once more, there is nothing to do, and the model is the one of the end; with more epochs it goes on.
    again, nothing = _train(experiment, 4, save_freq=save_freq)
    assert nothing == {}
    assert _bits(again) == _bits(whole)
    _, more = _train(experiment, 5, save_freq=save_freq)
    assert len(more["loss"]) == 1


def test_an_interruption_at_every_batch_of_an_epoch(
    box: modelbox.ModelBox, experiment: modelbox.Experiment
) -> None:
    whole, _ = _train(box.new_experiment("other", namespace=experiment.path.partition("/")[0]), 2)
    for _ in range(2 * BATCHES):
        # One more each time; what goes by once more is no step.
        with pytest.raises(Interrupted):
            _train(experiment, 2, _stop_after_one, save_freq=1, max_to_keep=2)
    resumed, _ = _train(experiment, 2, save_freq=1, max_to_keep=2)
    assert _bits(resumed) == _bits(whole)
    assert [one.name for one in experiment.checkpoints()] == ["backup-12-end", "backup-12"]


def _stop_after_one(run: TrainingRun) -> Any:
    """Ends the training at the second batch that is really trained on, or at the end."""
    from modelbox.keras import ModelBoxLogger

    class Stop(ModelBoxLogger):
        trained = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            super().on_train_batch_begin(batch, logs)
            if not self.is_replaying:
                self.trained += 1
            if self.trained == 2:
                raise Interrupted

        def on_train_end(self, logs: Any = None) -> None:
            raise Interrupted

    return Stop(run)


def test_batches_that_go_together(box: modelbox.ModelBox, experiment: modelbox.Experiment) -> None:
    # With PyTorch each batch goes alone.
    together = 4 if _is_jax() else 1
    other = box.new_experiment("other", namespace=experiment.path.partition("/")[0])
    whole, _ = _train(other, 3, save_freq=4, together=together)
    with pytest.raises(Interrupted):
        _train(experiment, 3, _interrupt(12 // together), save_freq=4, together=together)
    resumed, _ = _train(experiment, 3, save_freq=4, together=together)
    assert _bits(resumed) == _bits(whole)
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 3 * BATCHES


def test_a_training_that_ended_early_is_not_taken_up_again(experiment: modelbox.Experiment) -> None:
    def stop(_self: Any, epoch: int, logs: Any = None) -> None:
        _self.model.stop_training = epoch == 1

    _, first = _train(experiment, 9, _callback(on_epoch_end=stop))
    assert len(first["loss"]) == 2
    _, again = _train(experiment, 9)
    assert again == {}


def test_backups_are_deleted_only_where_asked(experiment: modelbox.Experiment) -> None:
    _train(experiment, 2, name="first")
    assert sorted(one.name for one in experiment.checkpoints()) == ["first-12", "first-12-end", "first-6"]
    _, history = _train(experiment, 2, name="second", delete_checkpoint=True)
    assert len(history["loss"]) == 2
    assert len(list(experiment.checkpoints())) == 3


def test_a_training_ends_well_while_the_server_is_away(
    own_server: ServerProcess, own_box: modelbox.ModelBox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import keras

    from modelbox.keras import ModelBoxBackup, ModelBoxCheckpoint

    experiment = own_box.new_experiment("run")
    spool = Spool(own_box.connection, tmp_path / "spool")
    model = _model()

    def away(_self: Any, epoch: int, logs: Any = None) -> None:
        if epoch == 3:
            run.flush()
            own_server.kill()

    with TrainingRun(experiment, spool=tmp_path / "spool") as run:
        callbacks = [
            _callback(on_epoch_begin=away),
            ModelBoxBackup(run, max_to_keep=2),
            ModelBoxCheckpoint(run, max_to_keep=1),
        ]
        keras.utils.set_random_seed(11)
        model.fit(_data(), epochs=5, verbose=0, callbacks=callbacks)
        assert "Older checkpoints were not deleted" in caplog.text
    assert spool.holds(experiment.id)
    own_server.start()
    assert send_spool(own_box, folder=tmp_path / "spool").waiting == 0
    names = {one.name for one in experiment.checkpoints()}
    # The next ones delete those that are too many.
    assert names >= {"backup-24", "backup-30", "backup-30-end", "model-epoch-4", "model-epoch-5"}
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.name == "backup-30-end"
    with TrainingRun(experiment, spool=tmp_path / "spool") as run:
        model.fit(_data(), epochs=6, verbose=0, callbacks=[ModelBoxBackup(run, max_to_keep=2)])
    left = experiment.checkpoints(filter='name LIKE "backup%"')
    assert [one.name for one in left] == ["backup-36-end", "backup-36"]


def test_another_model_is_refused_before_anything_is_changed(experiment: modelbox.Experiment) -> None:
    import keras

    from modelbox.keras import ModelBoxBackup, load_weights

    _train(experiment, 1)
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    other.compile("adam", "mse")
    before = _bits(other)
    with TrainingRun(experiment) as run:
        with pytest.raises(modelbox.InvalidInput, match="saved with another model"):
            other.fit(_data(), verbose=0, callbacks=[ModelBoxBackup(run)])
        assert _bits(other)[:4] == before[:4]
    own = experiment.new_checkpoint(100, {"file": b"1"})
    with pytest.raises(modelbox.InvalidInput):
        load_weights(other, own)


def test_the_best_is_kept_over_restarts(experiment: modelbox.Experiment, tmp_path: Path) -> None:
    import keras
    import numpy as np

    from modelbox.keras import ModelBoxCheckpoint, load_weights

    # By epoch; the second time, the third epoch is better than at first, but not the best.
    values = [[5.0, 2.0, 3.0, 2.5], [0.0, 0.0, 2.5, 1.5]]
    weights = {}

    def report(turn: int) -> Any:
        def on_epoch_end(self: Any, epoch: int, logs: Any) -> None:
            logs["val_loss"] = values[turn][epoch]
            weights[turn, epoch] = self.model.get_weights()

        return _callback(on_epoch_end=on_epoch_end)

    def best(run: TrainingRun) -> Any:
        return ModelBoxCheckpoint(run, save_best_only=True, archive=True)

    def end(self: Any, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        _train(experiment, 4, report(0), best, _callback(on_epoch_end=end), name="b")
    names = [one.name for one in experiment.checkpoints(order_by="created_at")]
    assert names == ["best-epoch-1", "b-6", "best-epoch-2", "b-12"]
    model, _ = _train(experiment, 4, report(1), best, name="b")
    saved = list(experiment.checkpoints(filter='labels."keras/checkpoint" = "best-epoch-{epoch}"'))
    assert [one.name for one in saved] == ["best-epoch-4", "best-epoch-2", "best-epoch-1"]
    ranked = list(experiment.checkpoints(order_by="metrics.val_loss", filter='name LIKE "best%"'))
    assert [one.metrics["val_loss"] for one in ranked] == [1.5, 2.0, 5.0]

    # Other programs open the file; a model of the same code takes the arrays.
    opened = keras.saving.load_model(saved[1].download(tmp_path / "best") / "model.keras")
    load_weights(model, saved[1])
    for one, other, expected in zip(opened.get_weights(), model.get_weights(), weights[0, 1], strict=True):
        assert np.array_equal(one, expected)
        assert np.array_equal(other, expected)


def test_checkpoints_at_batches_and_their_names(experiment: modelbox.Experiment) -> None:
    from modelbox.keras import ModelBoxCheckpoint, ModelBoxLogger

    def callbacks() -> list[Any]:
        return [
            lambda run: ModelBoxCheckpoint(run, save_freq=5, save_weights_only=True),
            lambda run: ModelBoxCheckpoint(run, name="e{epoch}-{val_mae:.0f}", max_to_keep=1),
            lambda run: ModelBoxLogger(run, every_batches=4),
        ]

    with pytest.raises(Interrupted):
        _train(experiment, 3, *callbacks(), _interrupt(11), name="b")
    _train(experiment, 3, *callbacks(), name="b")
    checkpoints = {one.name: one for one in experiment.checkpoints()}
    names = [name for name in checkpoints if not name.startswith("b-")]
    # Step 10 was done twice: from epoch 1 to its end, and once more after the restart.
    assert sorted(name for name in names if name.startswith("model")) == [
        "model-step-10",
        "model-step-10.2",
        "model-step-15",
        "model-step-5",
    ]
    assert [name[:3] for name in names if name.startswith("e")] == ["e3-"]
    assert set(checkpoints["model-step-5"].restore()) == {"keras", "model"}
    assert "optimizer" in checkpoints[next(name for name in names if name.startswith("e3"))].restore()
    points = {point.step for point in experiment.metric_points("batch/loss")}
    assert points == {4, 8, 12, 16}
    latest = experiment.latest_metrics()
    assert (latest["epoch"].value, latest["epoch"].step) == (3.0, 18)
    assert latest["learning_rate"].value == pytest.approx(1e-2)
    assert {"loss", "mae", "val_loss", "val_mae"} <= set(latest)


def test_who_took_the_run_over_stops_the_first(experiment: modelbox.Experiment) -> None:
    others = []

    def take_over(_self: Any, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            with pytest.raises(modelbox.RunHeld):
                TrainingRun(experiment)
            others.append(TrainingRun(experiment, take_over=True))

    with pytest.raises(modelbox.RunTakenOver):
        _train(experiment, 5, _callback(on_epoch_begin=take_over))
    others[0].close()
    # The second one may have been on its way.
    assert {one.name for one in experiment.checkpoints()} - {"backup-12"} == {"backup-6"}


def test_names_differ_where_a_model_is_built_again(experiment: modelbox.Experiment) -> None:
    _train(experiment, 1)
    # Keras counts the layers of a process: these have other names than those that were saved.
    model, nothing = _train(experiment, 1)
    assert nothing == {}
    assert model.layers[0].name != "dense"


def test_what_makes_no_sense_is_told(experiment: modelbox.Experiment) -> None:
    from modelbox.keras import ModelBoxBackup, ModelBoxCheckpoint, ModelBoxLogger

    with TrainingRun(experiment) as run:
        for make in (
            lambda: ModelBoxBackup(run, save_freq=0),
            lambda: ModelBoxBackup(run, max_to_keep=0),
            lambda: ModelBoxCheckpoint(run, save_freq="never"),  # type: ignore[arg-type]
            lambda: ModelBoxCheckpoint(run, mode="best"),  # type: ignore[arg-type]
            lambda: ModelBoxLogger(run, every_batches=-1),
        ):
            with pytest.raises(modelbox.InvalidInput):
                make()
        callback = ModelBoxCheckpoint(run, "val_own", save_best_only=True)
        with pytest.raises(modelbox.InvalidInput, match="mode="):
            _model([own]).fit(_data(), epochs=2, verbose=0, validation_data=_data()[0], callbacks=[callback])


def own(truth: Any, guess: Any) -> Any:
    return guess - truth
