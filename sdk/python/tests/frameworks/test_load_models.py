"""Models of every framework are loaded as they were saved, and what could run code is not."""

import os
import uuid
from pathlib import Path
from typing import Any

import pytest

import modelbox
from modelbox.errors import CorruptData, InvalidInput, NotFound

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.target),))


def version_of(box: modelbox.ModelBox, files: Any, framework: str = "") -> modelbox.ModelVersion:
    model = box.new_model("model", namespace=f"loading-{uuid.uuid4().hex[:12]}")
    return model.new_model_version(artifacts=files, framework=framework)


def _tensors() -> dict[str, Any]:
    import torch

    return {
        "weight": torch.randn(900, 700),
        "half": torch.randn(5, 3).bfloat16(),
        "flags": torch.tensor([True, False]),
        "none": torch.empty(0, 3),
        "one": torch.tensor(7),
    }


def _is_same(found: Any, saved: Any) -> bool:
    import torch

    return (
        found.keys() == saved.keys()
        and all(found[name].dtype == saved[name].dtype for name in saved)
        and all(torch.equal(found[name], saved[name]) for name in saved)
    )


def test_safetensors_are_mapped_and_may_be_written_to(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = _tensors()
    save_file(tensors, tmp_path / "model.safetensors")
    version = version_of(box, [tmp_path / "model.safetensors"])
    found = version.load()
    assert _is_same(found, tensors)
    with Path("/proc/self/maps").open() as maps:
        assert any("model.safetensors" in line for line in maps)
    found["weight"].zero_()
    again = version.load()
    assert _is_same(again, tensors)
    assert version.load(map_location="meta")["weight"].device == torch.device("meta")


def test_safetensors_are_arrays_for_numpy(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    arrays = {"a": np.arange(12.0).reshape(3, 4), "b": np.zeros((0, 2), "int8")}
    save_file(arrays, tmp_path / "model.safetensors")
    found = version_of(box, [tmp_path / "model.safetensors"], "numpy").load()
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert type(found[name]) is np.ndarray
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_shards_of_safetensors_are_one(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import json

    from safetensors.torch import save_file

    tensors = _tensors()
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    where = {name: names[index % 2] for index, name in enumerate(tensors)}
    for shard in names:
        save_file({name: one for name, one in tensors.items() if where[name] == shard}, tmp_path / shard)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": where}))
    version = version_of(box, [tmp_path / name for name in (*names, index.name)])
    assert _is_same(version.load(), tensors)
    with pytest.raises(NotFound, match=r"belongs together with model-00002-of-00002.safetensors"):
        version_of(box, [tmp_path / names[0], index]).load()
    index.write_text(json.dumps({"weight_map": {"other": names[0]}}))
    with pytest.raises(CorruptData, match="no tensor 'other'"):
        version_of(box, [tmp_path / names[0], index]).load()
    index.write_text("[]")
    with pytest.raises(CorruptData, match="weight_map"):
        version_of(box, [tmp_path / names[0], index]).load()


def test_what_is_no_safetensors_file_is_refused(box: modelbox.ModelBox) -> None:
    for data in (b"", b"hello", b"\xff" * 20):
        with pytest.raises(CorruptData, match=r"model.safetensors is not a safetensors file"):
            version_of(box, {"model.safetensors": data}).load()


@pytest.mark.parametrize("is_zip", [True, False])
def test_files_of_torch_save(box: modelbox.ModelBox, tmp_path: Path, is_zip: bool) -> None:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.BatchNorm1d(20))
    torch.save(model.state_dict(), tmp_path / "model.pt", _use_new_zipfile_serialization=is_zip)
    version = version_of(box, [tmp_path / "model.pt"], "pytorch")
    found = version.load()
    assert _is_same(found, model.state_dict())
    other = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.BatchNorm1d(20))
    other.load_state_dict(found)
    # Training what was loaded leaves the cache alone.
    found["0.weight"].zero_()
    assert _is_same(version.load(), model.state_dict())


def test_a_payload_in_a_file_of_torch_save_does_not_run(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import torch

    target = tmp_path / "was here"
    for is_zip in (True, False):
        torch.save(
            {"weight": torch.zeros(2), "other": Malicious(target)},
            tmp_path / "model.ckpt",
            _use_new_zipfile_serialization=is_zip,
        )
        version = version_of(box, [tmp_path / "model.ckpt"])
        with pytest.raises(InvalidInput, match=r"model.ckpt has more than tensors .*allow_pickle=True"):
            version.load()
        assert not target.exists()
        version.load(allow_pickle=True)
        target.rmdir()
    with pytest.raises(InvalidInput, match=r"model.pt can't be loaded|model.pt has more than tensors"):
        version_of(box, {"model.pt": b"hello"}).load()


def test_models_of_keras(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    found = version_of(box, [tmp_path / "model.keras"]).load(compile=False)
    data = np.ones((3, 4), "float32")
    assert np.allclose(found.predict(data, verbose=0), model.predict(data, verbose=0))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_code_in_a_model_of_keras_does_not_run(box: modelbox.ModelBox, tmp_path: Path, name: str) -> None:
    import keras

    target = tmp_path / "was here"
    code = f"lambda x: (__import__('os').path.exists({str(target)!r}) or __import__('os').mkdir({str(target)!r}), x)[1]"
    layer = keras.layers.Lambda(eval(code), output_shape=(4,))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.save(tmp_path / name)
    if target.exists():
        target.rmdir()
    version = version_of(box, [tmp_path / name])
    with pytest.raises(InvalidInput, match=r"has code of its own.*allow_pickle=True"):
        version.load()
    assert not target.exists()
    import numpy as np

    version.load(allow_pickle=True).predict(np.ones((1, 4)), verbose=0)
    assert target.exists()


def _onnx_model(size: int) -> Any:
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    weight = numpy_helper.from_array(np.arange(size, dtype="float32"), "weight")
    node = helper.make_node("Add", ["x", "weight"], ["y"])
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("x", kind, [size])],
        [helper.make_tensor_value_info("y", kind, [size])],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.parametrize("is_outside", [False, True])
def test_models_for_onnxruntime(box: modelbox.ModelBox, tmp_path: Path, is_outside: bool) -> None:
    import numpy as np
    import onnx

    size = 2_000_000
    (tmp_path / "files" / "net").mkdir(parents=True)
    onnx.save_model(
        _onnx_model(size),
        tmp_path / "files" / "net" / "model.onnx",
        save_as_external_data=is_outside,
        location="weights.bin",
    )
    (tmp_path / "files" / "other.bin").write_bytes(b"not wanted")
    version = version_of(box, tmp_path / "files")
    for _ in range(2):
        session = version.load(providers=["CPUExecutionProvider"])
        assert session.get_providers() == ["CPUExecutionProvider"]
        found = session.run(None, {"x": np.ones(size, "float32")})[0]
        assert np.array_equal(found, np.arange(size, dtype="float32") + 1)
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "modelbox"
    assert not list(cache.rglob("other.bin"))


def test_tensors_beyond_the_model_of_onnx_are_refused(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import onnx

    onnx.save_model(_onnx_model(5000), tmp_path / "model.onnx", save_as_external_data=True, location="w")
    model = (tmp_path / "model.onnx").read_bytes()
    with pytest.raises(NotFound, match=r"model.onnx belongs together with w, which is not there"):
        version_of(box, {"model.onnx": model}).load()
    evil = model.replace(b"location\x12\x01w", b"location\x12\x06../../")
    with pytest.raises(InvalidInput, match="not beside it"):
        version_of(box, {"model.onnx": evil}).load()


def test_a_saved_state_is_loaded_as_the_state(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import torch

    experiment = box.new_experiment("run", namespace=f"loading-{uuid.uuid4().hex[:12]}", framework="pytorch")
    state = {"model": _tensors(), "step": 3, "names": ["a", ("b", None)], "bytes": bytes(5000)}
    saved = experiment.save(state, 3, wait=True).result()
    assert saved is not None
    model = box.new_model("model", namespace=experiment.path.split("/")[0])
    version = model.new_model_version(checkpoint=saved, framework="pytorch")
    for loadable in (saved, version):
        found = loadable.load()
        assert _is_same(found.pop("model"), state["model"])
        assert found == {key: value for key, value in state.items() if key != "model"}
    assert version.load(map_location="meta")["model"]["weight"].device == torch.device("meta")
    assert "model.weight" in version.load("state.safetensors")

    target = tmp_path / "was here"
    odd = experiment.save({"odd": Malicious(target)}, 4, wait=True, allow_pickle=True).result()
    assert odd is not None
    with pytest.raises(InvalidInput, match="allow_pickle=True"):
        odd.load()
    assert not target.exists()
    odd.load(allow_pickle=True)
    assert target.exists()


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.onnx"])
def test_what_is_no_model_is_named(box: modelbox.ModelBox, name: str) -> None:
    with pytest.raises(CorruptData, match=f"{name} is no model"):
        version_of(box, {name: b"this is no model" * 100}).load()


def test_why_pytorch_refuses_is_told_in_a_line(box: modelbox.ModelBox, tmp_path: Path) -> None:
    import torch

    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    with pytest.raises(InvalidInput, match=r"\(Unsupported global: .*Linear[^\x1b]*allow_pickle=True"):
        version_of(box, [tmp_path / "whole.pt"]).load()
    for data in (b"hello", b"this is no model" * 100):
        with pytest.raises(InvalidInput, match=r"no file of torch\.save|Unsupported|Weights only"):
            version_of(box, {"model.pt": data}).load()
