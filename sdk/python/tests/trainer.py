"""A small real training with NumPy, which the tests kill.

trainer.py PATH STEPS EVERY_STEPS STEP_SECONDS [DIGESTS_FILE]

Says what it does, a line for each step: `step 7`; `durable 6` once a save of step 6 is; at the end `done DIGEST`.
With DIGESTS_FILE it trains without ModelBox, and writes the digest of the state after each step there.
"""

import hashlib
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import modelbox
from modelbox.resume.batches import Batches

SAMPLES, FEATURES, HIDDEN, BATCH = 256, 12, 24, 16


class Training:
    """A network of two layers, trained by momentum, with noise of two random generators and a falling rate."""

    def __init__(self) -> None:
        random.seed(4711)
        np.random.seed(4711)
        source = np.random.RandomState(7)
        self.inputs = source.normal(size=(SAMPLES, FEATURES))
        self.targets = np.sin(self.inputs.sum(axis=1, keepdims=True))
        self.weights = {
            "first": source.normal(size=(FEATURES, HIDDEN)) / 4,
            "second": source.normal(size=(HIDDEN, 1)) / 4,
            "ballast": source.normal(size=(400, 100)),
        }
        self.speeds = {name: np.zeros_like(one) for name, one in self.weights.items()}
        self.progress: dict[str, Any] = {"rate": 0.05, "best": float("inf")}

    def step(self, indices: list[int]) -> float:
        noise = np.random.normal(size=(len(indices), FEATURES)) * 0.01 * random.random()
        inputs, targets = self.inputs[indices] + noise, self.targets[indices]
        hidden = np.tanh(inputs @ self.weights["first"])
        error = hidden @ self.weights["second"] - targets
        back = error @ self.weights["second"].T * (1 - hidden**2)
        slopes = {
            "second": hidden.T @ error,
            "first": inputs.T @ back,
            "ballast": self.weights["ballast"] * 0.01,
        }
        for name, slope in slopes.items():
            self.speeds[name] *= 0.9
            self.speeds[name] -= self.progress["rate"] * slope / len(indices)
            self.weights[name] += self.speeds[name]
        self.progress["rate"] *= 0.9995
        loss = float((error**2).mean())
        self.progress["best"] = min(self.progress["best"], loss)
        return loss

    def parts(self) -> dict[str, Any]:
        return {"weights": self.weights, "speeds": self.speeds, "progress": self.progress}


def digest_of(parts: dict[str, Any]) -> str:
    """Of all numbers of a state."""
    digest = hashlib.sha256()
    for name in ("weights", "speeds"):
        for key in sorted(parts[name]):
            digest.update(np.ascontiguousarray(parts[name][key]).tobytes())
    digest.update(repr(sorted(parts["progress"].items())).encode())
    return digest.hexdigest()


def train_without(steps: int, digests_file: str) -> None:
    training = Training()
    digests = [digest_of(training.parts())]
    batches = iter(Batches(lambda: 0, SAMPLES, BATCH, 3))
    for _ in range(steps):
        training.step(next(batches))
        digests.append(digest_of(training.parts()))
    Path(digests_file).write_text("\n".join(digests))


def say(what: str) -> None:
    print(what, flush=True)


def main() -> None:
    path, steps, every_steps, step_seconds = (
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        float(sys.argv[4]),
    )
    if len(sys.argv) > 5:
        return train_without(steps, sys.argv[5])
    training, told = Training(), None
    with modelbox.ModelBox() as box:
        namespace, name = path.split("/")
        experiment = box.new_experiment(name, namespace=namespace, external_id=f"job-{name}")
        with modelbox.resumable(experiment, every_steps=every_steps, **training.parts()) as loop:
            say(f"begins {loop.step}")
            for step, indices in loop.steps(steps, over=loop.batches(SAMPLES, BATCH, seed=3)):
                loop.log({"loss": training.step(indices)})
                say(f"step {step}")
                time.sleep(step_seconds)
                save = loop.last_save
                if save is not None and save is not told and save.state in ("committed", "spooled"):
                    say(f"durable {save.step}")
                    told = save
    say(f"done {digest_of(training.parts())}")
    return None


if __name__ == "__main__":
    main()
