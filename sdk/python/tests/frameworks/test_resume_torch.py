"""A training with PyTorch that is killed goes on to the same weights, to the bit."""

import os
import random
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess
from training_process import TrainingProcess

import modelbox

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_torch.py"
STEPS = 240


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


def start(addr: str) -> TrainingProcess:
    return TrainingProcess(addr, EXAMPLE, str(STEPS))


def kill_after(child: TrainingProcess, steps: int) -> int:
    """Kills it when it has done so many steps; the number of the first one."""
    child.follow(lambda: child.last_step - child.first_step + 1 == steps)
    child.kill()
    assert child.process.returncode == -9, child.errors
    return child.first_step


def final_state(box: modelbox.ModelBox) -> Any:
    latest = box.experiment("examples/sines").latest_checkpoint()
    assert latest is not None
    assert latest.step == STEPS
    state = latest.restore()
    # It seeds neither of them.
    del state["training"]["random"]["python"], state["training"]["random"]["numpy"]
    return state


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if hasattr(one, "shape"):
        return one.shape == other.shape and bool((one == other).all())
    return bool(one == other)


def test_the_example_goes_on_after_kill_9_to_the_same_bits(own_server: ServerProcess, tmp_path: Path) -> None:
    seed = int(os.environ.get("MODELBOX_KILL_SEED") or random.randrange(1 << 32))
    print(f"MODELBOX_KILL_SEED={seed}")
    chance = random.Random(seed)
    folder = tmp_path / "another"
    folder.mkdir()
    reference = ServerProcess(folder)
    reference.start()
    try:
        assert start(reference.addr).end() == 0
        with modelbox.ModelBox(reference.addr) as box:
            whole = final_state(box)
    finally:
        reference.stop()
    # One save, of 50 steps, is durable by then: the next one waits for it.
    firsts = [kill_after(start(own_server.addr), chance.randrange(101, 120)) for _ in range(2)]
    last = start(own_server.addr)
    assert last.end() == 0, last.errors
    assert firsts[0] == 0
    again = [firsts[1], last.first_step]
    assert again[0] in (50, 100)
    assert again[1] > again[0]
    assert again[1] % 50 == 0
    with modelbox.ModelBox(own_server.addr) as box:
        assert equal(final_state(box), whole)
        points = box.experiment("examples/sines").metric_points("loss")
        assert [point.step for point in points] == list(range(STEPS))


class Loader:
    """A data loader with a state, as that of torchdata is."""

    def __init__(self) -> None:
        self.at = 0

    def __iter__(self) -> "Loader":
        return self

    def __next__(self) -> Any:
        self.at += 1
        return torch.full((2, 3), float(self.at)) + torch.rand(2, 3)

    def state_dict(self) -> dict[str, int]:
        return {"at": self.at}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.at = state["at"]


def test_loaders_generators_and_tensors_of_dictionaries(box: modelbox.ModelBox) -> None:
    experiment = box.new_experiment("run", namespace=f"resume-{uuid.uuid4().hex[:8]}")

    def train(total: int) -> tuple[list[Any], Any]:
        torch.manual_seed(7)
        loader, generator = Loader(), torch.Generator().manual_seed(1)
        means = {"mean": torch.zeros(3)}
        mean, seen = means["mean"], []
        with modelbox.resumable(
            experiment, loader=loader, generator=generator, means=means, every_steps=2
        ) as training:
            for _, batch in training.steps(total, over=loader):
                mean += batch.mean(dim=0) + torch.rand(3, generator=generator)
                seen.append(batch)
        assert means["mean"] is mean
        return seen, mean

    train(4)
    seen, mean = train(7)
    other = box.new_experiment("whole", namespace=experiment.path.split("/")[0])
    experiment = other
    whole, whole_mean = train(7)
    assert torch.equal(torch.stack(seen), torch.stack(whole[4:]))
    assert torch.equal(mean, whole_mean)
