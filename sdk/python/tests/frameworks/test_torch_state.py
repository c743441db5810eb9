"""States of PyTorch: what is saved comes back to the bit."""

import random
import threading
import uuid
from typing import Any

import pytest

import modelbox

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"n-{uuid.uuid4().hex}")


def _bits(tensor: Any) -> Any:
    plain = tensor.detach().contiguous().resolve_conj().resolve_neg()
    return plain.reshape(-1).view(torch.uint8)


def _is_same(one: Any, other: Any) -> bool:
    facts = one.dtype == other.dtype and one.shape == other.shape
    return facts and bool((_bits(one) == _bits(other)).all())


def test_tensors_of_every_type_and_shape(experiment: modelbox.Experiment) -> None:
    names = ["bool", "complex32", "complex64", "complex128"]
    names += ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
    names += ["float16", "bfloat16", "float32", "float64"]
    names += ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]
    state: dict[str, Any] = {}
    for name in names:
        dtype = getattr(torch, name, None)
        if dtype is None:
            continue
        size = torch.empty(0, dtype=dtype).element_size()
        bits = torch.randint(0, 2, (6 * size,), dtype=torch.uint8)
        state[name] = bits.view(dtype).reshape(2, 3)
        state[f"{name}, of no dimension"] = bits[:size].view(dtype).reshape(())
        state[f"{name}, empty"] = bits[:0].view(dtype).reshape(0, 3)
        state[f"{name}, turned"] = state[name].T
    # More bytes than a chunk has, so that parts of it come by several requests.
    state["big"] = torch.randn(3000, 2000)
    state["view"] = state["big"][5:2900:7, 3::2]
    state["conjugate"] = torch.randn(5, dtype=torch.complex64).conj()
    state["parameter"] = torch.nn.Parameter(torch.randn(3))
    experiment.save(state, 1, wait=True)
    found = experiment.restore()
    assert list(found) == list(state)
    for name, tensor in state.items():
        assert _is_same(found[name], tensor), name


def test_sizes_types_and_devices(experiment: modelbox.Experiment) -> None:
    state = {
        "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16,
        "device": torch.device("cpu"),
        3: (None, 1.5),
    }
    experiment.save(state, 1, wait=True)
    found = experiment.restore()
    assert found == state
    assert type(found["size"]) is torch.Size


def _model() -> Any:
    layers = [
        torch.nn.Linear(30, 40),
        torch.nn.BatchNorm1d(40),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(40, 30),
    ]
    model = torch.nn.Sequential(*layers)
    model.add_module("tied", torch.nn.Linear(30, 40))
    model.tied.weight = model[0].weight
    return model


def _parts(model: Any) -> dict[str, Any]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    return {
        "model": model,
        "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4]),
    }


def _train(parts: dict[str, Any], steps: int) -> None:
    for _ in range(steps):
        parts["optimizer"].zero_grad()
        value = torch.rand(8, 30) + random.random()
        parts["model"](value).square().sum().backward()
        parts["optimizer"].step()
        parts["scheduler"].step()


def test_training_goes_on_as_if_it_had_not_been_interrupted(experiment: modelbox.Experiment) -> None:
    from modelbox.torch import random_state, set_random_state

    torch.manual_seed(5)
    random.seed(5)
    parts = _parts(_model())
    _train(parts, 3)
    experiment.save({**parts, "random": random_state(), "step": 3}, 3)
    _train(parts, 4)

    others = _parts(_model())
    found = experiment_after_flush(experiment).restore(into={**others, "random": None, "step": None})
    assert found["step"] == 3
    set_random_state(found["random"])
    _train(others, 4)
    for name, tensor in parts["model"].state_dict().items():
        assert _is_same(tensor, others["model"].state_dict()[name]), name
    assert str(parts["optimizer"].state_dict()) == str(others["optimizer"].state_dict())
    assert parts["scheduler"].state_dict() == others["scheduler"].state_dict()


def experiment_after_flush(experiment: modelbox.Experiment) -> modelbox.Experiment:
    experiment.connection.flush()
    return experiment


def test_what_was_tied_is_stored_once_and_tied_again(experiment: modelbox.Experiment) -> None:
    weight = torch.randn(500, 400)
    saved = experiment.save({"a": weight, "b": {"c": weight}}, 1, wait=True).result()
    assert saved is not None
    assert saved.artifact is not None
    assert saved.artifact.size_bytes < 1.1 * weight.nbytes
    found = saved.restore()
    assert found["a"] is found["b"]["c"]


def test_empty_tensors_of_modules_are_told_apart(experiment: modelbox.Experiment) -> None:
    def module(length: int) -> Any:
        made = torch.nn.Module()
        made.register_buffer(
            "empty", torch.empty((0, length), dtype=torch.int64 if length % 2 else torch.float32)
        )
        return made

    modules = [module(length) for length in range(1, 20)]
    experiment.save(modules, 1, wait=True)
    for made, restored in zip(modules, experiment.restore(), strict=True):
        assert restored["empty"].shape == made.empty.shape
        assert restored["empty"].dtype == made.empty.dtype


def test_into_tensors_that_are_there(experiment: modelbox.Experiment) -> None:
    state = {"a": torch.randn(2000, 900), "b": torch.randn(900, 70), "other": torch.randn(2000, 900)}
    saved = experiment.save(state, 1, wait=True).result()
    assert saved is not None
    into = {"a": torch.zeros(2000, 900), "b": torch.zeros(70, 900, dtype=torch.float64).T}
    found = saved.restore(into=into)
    assert set(found) == {"a", "b"}
    assert found["a"] is into["a"]
    assert _is_same(into["a"], state["a"])
    assert torch.equal(into["b"], state["b"].double())
    with pytest.raises(modelbox.InvalidInput, match=r"state\['b'\] has the shape"):
        saved.restore(into={"b": torch.zeros(2)})


def test_saving_does_not_see_what_training_changes_meanwhile(experiment: modelbox.Experiment) -> None:
    weight = torch.zeros(1000, 1000)
    for step in range(1, 6):
        weight.fill_(step)
        experiment.save({"weight": weight, "step": step}, step)
        weight.fill_(-1)
    experiment.connection.flush()
    for step in range(1, 6):
        found = experiment.restore(f"step-{step}")
        assert found["step"] == step
        assert bool((found["weight"] == step).all())


def test_threads_may_save(experiment: modelbox.Experiment) -> None:
    def save(step: int) -> None:
        experiment.save({"value": torch.full((300, 300), step)}, step)

    threads = [threading.Thread(target=save, args=(step,)) for step in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    experiment.connection.flush()
    for step in range(1, 5):
        assert bool((experiment.restore(f"step-{step}")["value"] == step).all())


@pytest.mark.parametrize("kind", ["sparse", "meta", "module"])
def test_what_has_no_bytes_is_refused_by_its_place(experiment: modelbox.Experiment, kind: str) -> None:
    values = {
        "sparse": lambda: torch.eye(3).to_sparse(),
        "meta": lambda: torch.empty(3, device="meta"),
        "module": lambda: torch.nn.functional.relu,
    }
    with pytest.raises(modelbox.InvalidInput, match=r"state\['x'\]\[1\] is"):
        experiment.save({"x": [0, values[kind]()]}, 1)
    assert experiment.latest_checkpoint() is None


def test_other_programs_read_the_tensors(experiment: modelbox.Experiment, tmp_path: Any) -> None:
    from safetensors.torch import load_file

    state = {
        "model": {"weight": torch.randn(70, 3), "half": torch.randn(5).bfloat16()},
        "flags": torch.ones(3).bool(),
    }
    saved = experiment.save(state, 1, wait=True).result()
    assert saved is not None
    found = load_file(saved.download(tmp_path / "files") / "state.safetensors")
    assert set(found) == {"model.weight", "model.half", "flags"}
    assert _is_same(found["model.weight"], state["model"]["weight"])
