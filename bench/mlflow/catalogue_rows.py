"""The runs that are searched: the same for both servers."""

import random

SEED = 20261126
OPTIMIZERS = ["adam", "adamw", "sgd", "lion"]
MODELS = ["small", "medium", "large"]


def runs(count):
    """Name, parameters and metrics of each."""
    draw = random.Random(SEED)
    for number in range(count):
        parameters = {
            "optimizer": draw.choice(OPTIMIZERS),
            "model": draw.choice(MODELS),
            "batch_size": str(2 ** draw.randrange(3, 9)),
            "dropout": f"{draw.random():.3f}",
            "seed": str(number),
        }
        metrics = {key: draw.random() for key in ("loss", "accuracy", "val/loss", "val/accuracy", "seconds")}
        yield f"run-{number:05}", parameters, metrics
