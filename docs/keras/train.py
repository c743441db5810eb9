"""Trains a small network on digits that it draws itself; after `kill -9` the same command goes on where it was.

MODELBOX_SERVER_ADDR names the server, KERAS_BACKEND is torch or jax.
"""

import argparse
import hashlib
import logging
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

from modelbox import ModelBox
from modelbox.keras import ModelBoxBackup, ModelBoxCheckpoint, ModelBoxLogger
from modelbox.resume import TrainingRun

# What a digit looks like: 5 rows of 3 dots.
ROWS = ["75557", "26227", "71747", "71717", "55711", "74717", "74757", "71111", "75757", "75717"]


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of 28 by 28 grey dots, and which digit each of them shows."""
    random = np.random.default_rng(seed)
    shapes = [
        np.kron([[int(row) >> 2 & 1, int(row) >> 1 & 1, int(row) & 1] for row in rows], np.ones((4, 4)))
        for rows in ROWS
    ]
    labels = random.integers(0, 10, count)
    images = random.normal(0.0, 0.4, (count, 28, 28, 1))
    for image, label in zip(images, labels, strict=True):
        top, left = random.integers(0, 9), random.integers(0, 17)
        image[top : top + 20, left : left + 12, 0] += shapes[label]
    return images.astype("float32"), labels


def network() -> keras.Model:
    """Has what makes it hard to go on exactly: momentum, moving averages, and dropout."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(8, 5, strides=2, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, 1000)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


class Progress(keras.callbacks.Callback):
    """Says where the training is."""

    def __init__(self, logger: ModelBoxLogger) -> None:
        super().__init__()
        self.logger = logger

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not self.logger.is_replaying:
            print(f"step {self.logger.step}: loss {(logs or {})['loss']:.6f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--experiment", default="digits", help="name of the experiment, in the namespace demos"
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--save-every", type=int, default=10, metavar="BATCHES")
    parser.add_argument("--take-over", action="store_true", help="end another trainer of the same experiment")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("modelbox").setLevel(logging.INFO)

    keras.utils.set_random_seed(7)
    images, labels = draw(2000, seed=1)
    held_out = draw(500, seed=2)
    model = network()

    with ModelBox() as box:
        experiment = box.new_experiment(
            arguments.experiment, owner="you@example.com", namespace="demos", framework="keras"
        )
        with TrainingRun(experiment, take_over=arguments.take_over) as run:
            logger = ModelBoxLogger(run, every_batches=10)
            model.fit(
                images,
                labels,
                batch_size=50,
                epochs=arguments.epochs,
                validation_data=held_out,
                verbose=0,
                callbacks=[
                    logger,
                    Progress(logger),
                    ModelBoxCheckpoint(run, save_best_only=True, archive=True, max_to_keep=1),
                    ModelBoxBackup(run, save_freq=arguments.save_every, max_to_keep=3),
                ],
            )
        best = next(iter(experiment.checkpoints(filter='labels."keras/checkpoint" = "best-epoch-{epoch}"')))
        print(f"best: {best.name}, val_accuracy {best.metrics['val_accuracy']:.3f}")

    weights = hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights()))
    print(f"weights: {weights.hexdigest()}")


if __name__ == "__main__":
    main()
