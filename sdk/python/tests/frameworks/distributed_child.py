"""One rank of a distributed training, for test_torch_distributed.py.

It saves and loads what its arguments say, such as `save=namespace/experiment`, and may die while it saves.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

import modelbox
from modelbox.torch import DistributedReader, DistributedWriter
from modelbox.torch.distributed_layout import RankFile

_KILLED_AT_BYTES = 8 << 20


def whole() -> dict[str, Any]:
    """The state that all ranks have together, of which the weights are drawn alike everywhere."""
    generator = torch.Generator().manual_seed(3)
    return {
        "rows": torch.randn(1501, 1000, generator=generator),
        "columns": torch.randn(300, 701, generator=generator),
        "few": torch.randn(1, 5, generator=generator).to(torch.bfloat16),
        "same": torch.randn(700, 30, generator=generator),
        "complex": torch.randn(40, 3, generator=generator).to(torch.complex64),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 4),
    }


def distributed(values: dict[str, Any], mesh: Any) -> dict[str, Any]:
    """The same as distributed tensors."""
    places = {
        "rows": Shard(0),
        "columns": Shard(1),
        "few": Shard(0),
        "same": Replicate(),
        "complex": Shard(0),
    }
    return {
        name: distribute_tensor(value, mesh, [places[name]]) if name in places else value
        for name, value in values.items()
    }


def fully_sharded(mesh: Any) -> tuple[Any, Any]:
    """A model and its optimizer, after a step."""
    from torch.distributed.fsdp import fully_shard

    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(50, 33), torch.nn.ReLU(), torch.nn.Linear(33, 7))
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model(torch.ones(4, 50)).square().sum().backward()
    optimizer.step()
    return model, optimizer


def save(experiment: modelbox.Experiment, step: int, state: Any) -> None:
    writer = DistributedWriter(experiment, step, metrics={"loss": 0.5})
    dcp.save(state, storage_writer=writer)
    assert (writer.checkpoint is not None) == (dist.get_rank() == 0)


def main(addr: str, tasks: list[str]) -> None:
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    with modelbox.ModelBox(addr) as box:
        for task in tasks:
            do(box, mesh, *task.split("=", 1))


def do(box: modelbox.ModelBox, mesh: Any, mode: str, path: str) -> None:
    if mode == "save":
        save(box.experiment(path), 1, {"model": distributed(whole(), mesh), "step": 1, "lr": [0.1, "cosine"]})
    elif mode == "save-fsdp":
        from torch.distributed.checkpoint.state_dict import get_state_dict

        model_state, optimizer_state = get_state_dict(*fully_sharded(mesh))
        save(box.experiment(path), 1, {"model": model_state, "optimizer": optimizer_state})
    elif mode == "load":
        zeros = {name: torch.zeros_like(value) for name, value in whole().items()}
        state = {"model": distributed(zeros, mesh), "step": 0, "lr": [0.0, ""]}
        dcp.load(state, storage_reader=DistributedReader(box.checkpoint(path)))
        expected = distributed(whole(), mesh)
        for name, value in state["model"].items():
            own = value.to_local() if hasattr(value, "to_local") else value
            other = expected[name].to_local() if hasattr(value, "to_local") else expected[name]
            assert torch.equal(own, other), name
        assert (state["step"], state["lr"]) == (1, [0.1, "cosine"])
    else:
        assert mode == "save-and-die"
        if dist.get_rank() == 1:
            read_into = RankFile.read_into

            def read_and_die(self: RankFile, offset: int, target: memoryview) -> int:
                if offset > _KILLED_AT_BYTES:
                    os.kill(os.getpid(), signal.SIGKILL)
                return read_into(self, offset, target)

            RankFile.read_into = read_and_die
        weights = distribute_tensor(torch.randn(10_000, 1_000), mesh, [Shard(0)])
        save(box.experiment(path), 2, {"weights": weights})


if __name__ == "__main__":
    rank, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    dist.init_process_group("gloo", init_method=f"file://{folder}/ranks", rank=rank, world_size=count)
    main(sys.argv[4], sys.argv[5:])
    dist.destroy_process_group()
