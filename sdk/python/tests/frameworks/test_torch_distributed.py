"""States that several processes have parts of, through torch.distributed.checkpoint."""

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess

import modelbox
from modelbox.transfer.upload import UploadedFiles, UploadReport, upload_files

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

_CHILD = Path(__file__).resolve().with_name("distributed_child.py")
_TIMEOUT_SECONDS = 180


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return _new_experiment(box)


def _new_experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"n-{uuid.uuid4().hex}")


def _run_ranks(server: ServerProcess, folder: Path, *tasks: str) -> list[int]:
    """Runs two ranks; returns how they ended."""
    env = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(_CHILD), str(rank), "2", str(folder), server.addr, *tasks], env=env
        )
        for rank in range(2)
    ]
    try:
        return [process.wait(_TIMEOUT_SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class _TwoRanks:
    """What two ranks have done, which are started once for all of it."""

    saved: str
    saved_sharded: str


@pytest.fixture(scope="module")
def two_ranks(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> _TwoRanks:
    import torch.distributed.checkpoint as dcp

    from modelbox.torch import DistributedWriter

    with modelbox.ModelBox(server.addr) as box:
        saved, sharded, single = (_new_experiment(box) for _ in range(3))
        writer = DistributedWriter(single, 1)
        state = {"model": _whole(), "step": 1, "lr": [0.1, "cosine"]}
        dcp.save(state, storage_writer=writer, no_dist=True)
        assert writer.checkpoint is not None
        # That what one has saved is loaded by two, they look at themselves.
        tasks = [f"save={saved.path}", f"save-fsdp={sharded.path}", f"load={writer.checkpoint.path}"]
        assert _run_ranks(server, tmp_path_factory.mktemp("ranks"), *tasks) == [0, 0]
        return _TwoRanks(saved.path, sharded.path)


def _whole() -> dict[str, Any]:
    from distributed_child import whole

    return whole()


def _assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_two_ranks_save_and_one_loads(box: modelbox.ModelBox, two_ranks: _TwoRanks, tmp_path: Path) -> None:
    import torch.distributed.checkpoint as dcp

    from modelbox.torch import DistributedReader

    checkpoint = box.experiment(two_ranks.saved).latest_checkpoint()
    assert checkpoint is not None
    assert checkpoint.step == 1
    assert checkpoint.latest_metrics()["loss"].value == 0.5
    assert [file.path for file in checkpoint.files()] == [
        "distributed.json",
        "shards/00000.safetensors",
        "shards/00001.safetensors",
    ]
    zeros = {name: torch.zeros_like(value) for name, value in _whole().items()}
    # What is not contiguous, or of another type, is converted.
    zeros["rows"] = torch.zeros(1000, 1501).T
    state: dict[str, Any] = {"model": zeros, "step": 0, "lr": [0.0, ""]}
    dcp.load(state, storage_reader=DistributedReader(checkpoint), no_dist=True)
    _assert_same(state["model"], _whole())
    assert (state["step"], state["lr"]) == (1, [0.1, "cosine"])
    # Other programs read the files: each has its part.
    from safetensors.torch import load_file

    folder = checkpoint.download(tmp_path / "files")
    parts = [load_file(folder / f"shards/0000{rank}.safetensors") for rank in range(2)]
    rows = [parts[0]["model.rows"], parts[1]["model.rows[751, 0]"]]
    assert torch.equal(torch.cat(rows), _whole()["rows"])


def test_a_fully_sharded_model_and_its_optimizer(box: modelbox.ModelBox, two_ranks: _TwoRanks) -> None:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

    from modelbox.torch import DistributedReader

    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(50, 33), torch.nn.ReLU(), torch.nn.Linear(33, 7))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model(torch.ones(4, 50)).square().sum().backward()
    optimizer.step()
    expected = {name: value.clone() for name, value in model.state_dict().items()}
    moments = [value["exp_avg"].clone() for value in optimizer.state.values()]
    with torch.no_grad():
        for value in model.parameters():
            value.zero_()
    model_state, optimizer_state = get_state_dict(model, optimizer)
    state = {"model": model_state, "optimizer": optimizer_state}
    checkpoint = box.experiment(two_ranks.saved_sharded).latest_checkpoint()
    assert checkpoint is not None
    dcp.load(state, storage_reader=DistributedReader(checkpoint), no_dist=True)
    set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
    for name, value in expected.items():
        torch.testing.assert_close(model.state_dict()[name], value)
    for found, value in zip(optimizer.state.values(), moments, strict=True):
        torch.testing.assert_close(found["exp_avg"], value)


def test_a_rank_that_is_killed_leaves_the_latest_checkpoint(
    server: ServerProcess, experiment: modelbox.Experiment, tmp_path: Path
) -> None:
    experiment.save({"weights": torch.ones(5)}, 1, wait=True)
    before = experiment.latest_checkpoint()
    coordinator, killed = _run_ranks(server, tmp_path, f"save-and-die={experiment.path}")
    assert killed == -9
    assert coordinator != 0
    assert experiment.latest_checkpoint() == before
    assert [one.step for one in experiment.checkpoints()] == [1]


def test_asynchronous_saves_find_unchanged_tensors_again(
    experiment: modelbox.Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch.distributed.checkpoint as dcp

    from modelbox.torch import DistributedReader, DistributedWriter

    reports: list[UploadReport] = []

    def upload(*args: Any, **options: Any) -> UploadedFiles:
        uploaded = upload_files(*args, **options)
        reports.append(uploaded.report)
        return uploaded

    monkeypatch.setattr("modelbox.torch.distributed_writer.upload_files", upload)
    weights = torch.randn(1000, 2000)
    frozen = torch.randn(1000, 2000)
    for step in (1, 2):
        weights.add_(1)
        saved = weights.clone()
        writer = DistributedWriter(experiment, step)
        future = dcp.async_save({"weights": weights, "frozen": frozen}, storage_writer=writer, no_dist=True)
        weights.add_(1)
        future.result()
        assert writer.checkpoint is not None
        state = {"weights": torch.zeros(1000, 2000)}
        dcp.load(state, storage_reader=DistributedReader(writer.checkpoint), no_dist=True)
        assert torch.equal(state["weights"], saved)
    first, second = reports
    assert first.sent_bytes == first.size_bytes
    # A chunk has bytes of one tensor only.
    assert second.sent_bytes == weights.nbytes


class _Opaque:
    """What only pickle can store."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Opaque)

    __hash__ = None


def test_nothing_is_unpickled_without_asking(experiment: modelbox.Experiment) -> None:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException

    from modelbox.torch import DistributedReader, DistributedWriter

    state: dict[str, Any] = {"weights": torch.ones(3), "opaque": _Opaque()}
    with pytest.raises(CheckpointException, match="opaque could only be restored by pickle"):
        dcp.save(state, storage_writer=DistributedWriter(experiment, 1), no_dist=True)
    assert experiment.latest_checkpoint() is None
    writer = DistributedWriter(experiment, 1, allow_pickle=True)
    dcp.save(state, storage_writer=writer, checkpoint_id="opaque", no_dist=True)
    checkpoint = writer.checkpoint
    assert checkpoint is not None
    assert checkpoint.name == "opaque"
    into: dict[str, Any] = {"weights": torch.zeros(3), "opaque": None}
    with pytest.raises(CheckpointException, match="opaque was saved by pickle"):
        dcp.load(into, storage_reader=DistributedReader(checkpoint), no_dist=True)
    assert into["opaque"] is None
    dcp.load(into, storage_reader=DistributedReader(checkpoint, allow_pickle=True), no_dist=True)
    assert into["opaque"] == _Opaque()
    assert torch.equal(into["weights"], torch.ones(3))


def test_checkpoints_of_other_kinds_are_refused(experiment: modelbox.Experiment) -> None:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException

    from modelbox.torch import DistributedReader, DistributedWriter

    saved = experiment.save({"weights": torch.ones(5)}, 1, wait=True).result()
    assert saved is not None
    with pytest.raises(CheckpointException, match="was not saved by a DistributedWriter"):
        dcp.load({"weights": torch.ones(5)}, storage_reader=DistributedReader(saved), no_dist=True)
    with pytest.raises(modelbox.InvalidInput, match="until one is saved"):
        DistributedReader(None)
    writer = DistributedWriter(experiment, 2)
    dcp.save({"weights": torch.ones(5)}, storage_writer=writer, no_dist=True)
    assert writer.checkpoint is not None
    with pytest.raises(modelbox.InvalidInput, match=r"was not saved by `experiment\.save`"):
        writer.checkpoint.restore()
