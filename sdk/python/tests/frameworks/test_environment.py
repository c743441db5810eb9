"""That the frameworks are there, and that their numbers are taken as they are."""

import uuid

import pytest

import modelbox

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]


def test_every_framework_is_there() -> None:
    for name in ("torch", "lightning", "keras", "onnxruntime", "safetensors", "fsspec", "pandas", "pyarrow"):
        assert __import__(name).__version__


def test_scalars_of_pytorch_are_metrics_and_labels(box: modelbox.ModelBox) -> None:
    import torch

    experiment = box.new_experiment("scalars", namespace=f"frameworks-{uuid.uuid4().hex[:12]}")
    experiment.log_metrics(
        {
            "float": torch.tensor(0.5),
            "bfloat16": torch.tensor(0.25, dtype=torch.bfloat16),
            "one": torch.ones(1, requires_grad=True),
            "int": torch.tensor(3),
        },
        step=1,
    )
    latest = {key: one.value for key, one in experiment.latest_metrics().items()}
    assert latest == {"float": 0.5, "bfloat16": 0.25, "one": 1.0, "int": 3.0}
    assert experiment.update_metadata("n", torch.tensor(7))["n"] == 7  # type: ignore[arg-type]
    with pytest.raises(modelbox.InvalidInput):
        experiment.log_metrics({"many": torch.zeros(3)}, step=1)
    # The last write of a worker of a data loader, which was forked after calls of its parent.
    loader = torch.utils.data.DataLoader(_Dataset(experiment), num_workers=2)
    assert sorted(int(one) for one in loader) == [0, 1, 2, 3]
    assert {point.step for point in experiment.metric_points("read")} == {0, 1, 2, 3}


class _Dataset:
    def __init__(self, experiment: modelbox.Experiment) -> None:
        self._experiment = experiment

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        self._experiment.log_metrics({"read": 1.0}, step=index)
        return index
