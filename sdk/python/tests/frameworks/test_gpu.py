"""States on a GPU; skipped where there is none."""

import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import modelbox

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU of CUDA"),
]


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"gpu-{uuid.uuid4().hex}")


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_SPOOL_DIR", str(tmp_path / "spool"))


def _bits(tensor: Any) -> Any:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)


def _is_same(one: Any, other: Any) -> bool:
    facts = one.dtype == other.dtype and one.shape == other.shape
    return facts and bool((_bits(one) == _bits(other)).all())


def _state() -> dict[str, Any]:
    state: dict[str, Any] = {}
    names = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 float8_e4m3fn complex64"
    for name in names.split():
        dtype = getattr(torch, name)
        size = torch.empty(0, dtype=dtype).element_size()
        bits = torch.randint(0, 2, (6 * size,), dtype=torch.uint8)
        state[name] = bits.view(dtype).reshape(2, 3).cuda()
        state[f"{name}, of no dimension"] = bits[:size].view(dtype).reshape(()).cuda()
        state[f"{name}, empty"] = bits[:0].view(dtype).reshape(0, 3).cuda()
        state[f"{name}, turned"] = state[name].T
    # More bytes than a chunk has.
    state["big"] = torch.randn(3000, 2000, device="cuda")
    state["view"] = state["big"][5:2900:7, 3::2]
    state["on the CPU"] = torch.randn(5)
    return state


def test_tensors_come_back_to_the_bit_and_to_the_device(experiment: modelbox.Experiment) -> None:
    state = _state()
    experiment.save(state, 1, wait=True)
    for device in ("cpu", "cuda"):
        found = experiment.restore(map_location=device)
        assert list(found) == list(state)
        for name, tensor in state.items():
            assert found[name].device.type == device
            assert _is_same(found[name], tensor), name


def test_bytes_go_into_tensors_that_are_there(experiment: modelbox.Experiment) -> None:
    state = _state()
    experiment.save(state, 1, wait=True)
    into = {name: torch.zeros_like(tensor) for name, tensor in state.items()}
    # One that is not contiguous, and one of another type.
    into["big"] = torch.zeros(2000, 3000, device="cuda").T
    into["view"] = torch.zeros(state["view"].shape, dtype=torch.float64, device="cuda")
    places = {name: tensor.data_ptr() for name, tensor in into.items()}
    found = experiment.restore(into=into)
    assert {name: tensor.data_ptr() for name, tensor in found.items()} == places
    assert torch.equal(found["view"], state["view"].double())
    assert all(_is_same(found[name], state[name]) for name in state if name != "view")


def test_a_save_has_what_was_there_when_it_was_called(experiment: modelbox.Experiment) -> None:
    values = torch.zeros(64_000_000, device="cuda")
    for step in range(5):
        values.fill_(float(step))
        experiment.save({"values": values}, step)
        # It returns once the copy is made: what is queued from here on does not change it.
        values.fill_(-1.0)
    experiment.connection.flush()
    for step in range(5):
        found = experiment.checkpoint(f"step-{step}").restore()
        assert torch.equal(found["values"], torch.full((64_000_000,), float(step)))


def test_copies_are_made_in_memory_that_the_gpu_writes_to_by_itself() -> None:
    from modelbox.torch.memory import pinned_memory

    memory = pinned_memory(5 << 20)
    assert torch.frombuffer(memory.view, dtype=torch.uint8).is_pinned()
    address = torch.frombuffer(memory.view, dtype=torch.uint8)
    memory.owner = None
    assert not address.is_pinned()


def _train(experiment: modelbox.Experiment, steps: int, stop_at: int | None = None) -> Any:
    torch.manual_seed(3)
    model = torch.nn.Sequential(
        torch.nn.Linear(32, 64), torch.nn.Dropout(0.2), torch.nn.ReLU(), torch.nn.Linear(64, 32)
    ).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    with modelbox.resumable(
        experiment, model=model, optimizer=optimizer, every_steps=4, map_location="cuda"
    ) as training:
        for step in training.steps(steps):
            if step == stop_at:
                raise KeyboardInterrupt
            # Drawn on the GPU.
            inputs = torch.randn(16, 32, device="cuda")
            loss = (model(inputs) - inputs.sin()).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            training.log({"loss": loss.item()})
    return {**model.state_dict(), **{f"optimizer {k}": v for k, v in _moments(optimizer).items()}}


def _moments(optimizer: Any) -> dict[str, Any]:
    states = optimizer.state_dict()["state"]
    return {f"{index} {name}": value for index, one in states.items() for name, value in one.items()}


def test_a_training_goes_on_equal_to_the_bit(box: modelbox.ModelBox) -> None:
    namespace = f"gpu-{uuid.uuid4().hex}"
    whole = _train(box.new_experiment("whole", namespace=namespace), 20)
    killed = box.new_experiment("killed", namespace=namespace)
    for stop_at in (6, 11, 17):
        with pytest.raises(KeyboardInterrupt):
            _train(killed, 20, stop_at)
    found = _train(killed, 20)
    assert list(found) == list(whole)
    assert all(_is_same(found[name], whole[name]) for name in whole)


def test_lightning_goes_on_equal_to_the_bit(box: modelbox.ModelBox) -> None:
    pytest.importorskip("lightning")
    from lightning.pytorch.callbacks import ModelCheckpoint
    from small_lightning import StopAfter, Stopped, fit

    from modelbox.lightning import ModelBoxCheckpointIO, ModelBoxLogger

    namespace = f"gpu-{uuid.uuid4().hex}"

    def train(name: str, *callbacks: Any) -> Any:
        logger = ModelBoxLogger(name, namespace=namespace, external_id=name, box=box)
        model, trainer = fit(
            accelerator="gpu",
            logger=logger,
            plugins=[ModelBoxCheckpointIO(logger)],
            callbacks=[ModelCheckpoint(every_n_train_steps=2), *callbacks],
            ckpt_path=f"modelbox://{namespace}/{name}/latest",
        )
        assert trainer.global_step == 18
        return model.state_dict()

    whole = train("whole")
    with pytest.raises(Stopped):
        train("killed", StopAfter(7))
    found = train("killed")
    assert all(_is_same(found[name], whole[name]) for name in whole)


def test_states_through_torch_distributed_checkpoint(experiment: modelbox.Experiment) -> None:
    import torch.distributed.checkpoint as dcp

    from modelbox.torch import DistributedReader, DistributedWriter

    state = {"weights": torch.randn(2000, 1000, device="cuda"), "half": torch.randn(5, device="cuda").half()}
    dcp.save(state, storage_writer=DistributedWriter(experiment, 1), no_dist=True)
    found = {name: torch.zeros_like(tensor) for name, tensor in state.items()}
    dcp.load(found, storage_reader=DistributedReader(experiment.latest_checkpoint()), no_dist=True)
    assert all(_is_same(found[name], state[name]) for name in state)


def test_the_usage_of_gpus_is_a_metric(experiment: modelbox.Experiment) -> None:
    held = torch.ones(100_000_000, device="cuda")
    with modelbox.log_usage(experiment, every_seconds=1.0):
        time.sleep(1.5)
    point = experiment.latest_metrics()["system/gpu/0/memory_bytes"]
    assert isinstance(point.value, float)
    assert point.value >= held.numel() * held.element_size()
