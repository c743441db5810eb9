"""Which files are loaded, and how they get to this machine; what loads them is tested with the frameworks."""

import os
import pickle
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from server_process import ServerProcess
from transfers import MIB, noise

import modelbox
from modelbox.errors import CorruptData, InvalidInput, NotFound
from modelbox.loading.candidates import Candidate, candidates, choose
from modelbox.loading.local_files import local_files
from modelbox.loading.onnx import data_files
from modelbox.transfer import FileSource, StoredFile, list_files, open_cache


def version_of(box: modelbox.ModelBox, files: dict[str, Any], framework: str = "") -> modelbox.ModelVersion:
    model = box.new_model("model", namespace=f"loading-{uuid.uuid4().hex[:12]}")
    return model.new_model_version(artifacts=files, framework=framework)


def stored(version: modelbox.ModelVersion) -> list[StoredFile]:
    listed = list_files(version.connection, FileSource.of(version.reference))
    return [StoredFile.of(file) for file in listed]


def local_copy(version: modelbox.ModelVersion) -> Path:
    with local_files(version.connection, version.reference, stored(version), None) as folder:
        return folder


def names(paths: list[str]) -> list[str]:
    return [f"{one.file} {one.format}" for one in candidates(paths)]


def test_what_can_be_loaded_is_told_by_its_name() -> None:
    assert names(["config.json", "a.safetensors", "b.PT", "c/d.keras", "e.onnx", "e.onnx.data", "x.bin"]) == [
        "a.safetensors safetensors",
        "b.PT pytorch",
        "c/d.keras keras",
        "e.onnx onnx",
    ]
    shards = [f"model-0000{index}-of-00002.safetensors" for index in (1, 2)]
    assert names([*shards, "model.safetensors.index.json"]) == ["model.safetensors.index.json safetensors"]
    assert names(["state.json", "state.safetensors", "objects.pkl"]) == ["state.json state"]
    assert names(["model.weights.h5", "pytorch_model.bin"]) == ["pytorch_model.bin pytorch"]


def test_one_of_several_is_chosen_by_framework_or_name() -> None:
    paths = ["a.safetensors", "b.onnx", "c.keras", "data"]

    def chosen(
        file: str | None = None, framework: str | None = None, stated_framework: str = ""
    ) -> Candidate:
        return choose(paths, file=file, framework=framework, stated_framework=stated_framework)

    assert chosen(framework="onnx").file == "b.onnx"
    assert chosen(stated_framework="Keras").file == "c.keras"
    assert chosen(file="a.safetensors", stated_framework="keras").format == "safetensors"
    assert chosen(file="data", framework="pytorch").format == "pytorch"
    with pytest.raises(InvalidInput, match=r'file="a.safetensors": a.safetensors \(safetensors\), b.onnx'):
        chosen()
    with pytest.raises(InvalidInput, match=r"add framework="):
        chosen(file="data")
    with pytest.raises(InvalidInput, match=r'not "caffe"'):
        chosen(framework="caffe")
    with pytest.raises(InvalidInput, match=r"nothing to load for pickle among a.safetensors, b.onnx"):
        chosen(framework="pickle")
    with pytest.raises(NotFound, match=r'no file "e.onnx" to load; there are a.safetensors'):
        chosen(file="e.onnx")


def test_files_are_put_together_once_and_for_reading_only(box: modelbox.ModelBox, tmp_path: Path) -> None:
    files = {"a/model.bin": noise(1, 9 * MIB), "b.bin": noise(2, 100), "empty": b""}
    folder = local_copy(version_of(box, files))
    for path, data in files.items():
        assert (folder / path).read_bytes() == data
        assert (folder / path).stat().st_mode & 0o777 == 0o444
    before = {path: (folder / path).stat() for path in files}
    # The same bytes under the same names, of another version.
    assert local_copy(version_of(box, files)) == folder
    assert {path: (folder / path).stat() for path in files} == before
    cache = open_cache(box.connection.settings)
    assert cache is not None
    assert folder.is_relative_to(cache.folder)
    assert cache.use().files == 3


@pytest.mark.parametrize("how", ["changed", "changed in secret", "shorter", "gone", "unknown"])
def test_what_was_changed_is_repaired_beside_it(box: modelbox.ModelBox, how: str) -> None:
    data = noise(3, 9 * MIB)
    version = version_of(box, {"model.bin": data})
    path = local_copy(version) / "model.bin"
    facts = path.stat()
    with path.open("rb") as opened:
        if how == "gone":
            path.unlink()
        elif how == "unknown":
            (path.parents[1] / "checked.json").write_text("[" * 100_000)
        else:
            path.chmod(0o644)
            with path.open("r+b") as changed:
                changed.seek(5 * MIB)
                changed.write(b"wrong")
                if how == "shorter":
                    changed.truncate(6 * MIB)
        if how == "changed in secret":
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        assert (local_copy(version) / "model.bin").read_bytes() == data
        assert path.stat().st_mode & 0o777 == 0o444
        # Whoever has it open, or mapped, keeps the file as it was.
        is_same_file = os.fstat(opened.fileno()).st_ino == path.stat().st_ino
        assert is_same_file == (how == "unknown")


def test_without_a_cache_they_live_as_long_as_they_are_used(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELBOX_CACHE_SIZE_MIB", "0")
    with modelbox.ModelBox(server.addr) as box:
        version = version_of(box, {"model.bin": b"bytes"})
        with local_files(box.connection, version.reference, stored(version), None) as folder:
            assert (folder / "model.bin").read_bytes() == b"bytes"
        assert not folder.exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("problem", ["small", "blocked"])
def test_where_the_cache_has_no_place_for_them_they_are_fetched_each_time(
    server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    problem: str,
) -> None:
    monkeypatch.setenv("MODELBOX_CACHE_SIZE_MIB", "1" if problem == "small" else "100")
    monkeypatch.setenv("MODELBOX_CACHE_FOLDER", str(tmp_path / "mine"))
    if problem == "blocked":
        (tmp_path / "mine").write_bytes(b"")
    with modelbox.ModelBox(server.addr) as box:
        data = noise(4, 2 * MIB)
        version = version_of(box, {"model.bin": data})
        with local_files(box.connection, version.reference, stored(version), None) as folder:
            assert (folder / "model.bin").read_bytes() == data
            assert not folder.is_relative_to(tmp_path / "mine")
    assert "for this time alone" in caplog.text


def test_what_was_loaded_long_ago_makes_room(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_CACHE_SIZE_MIB", "10")
    with modelbox.ModelBox(server.addr) as box:
        versions = [version_of(box, {"model.bin": noise(10 + index, 4 * MIB)}) for index in range(3)]
        folders = [local_copy(version) for version in versions[:2]]
        for path in folders[0].parent.rglob("*"):
            os.utime(path, (0, 0))
        folders.append(local_copy(versions[2]))
        assert [folder.exists() for folder in folders] == [False, True, True]
        # Those of just now stay, although they are too many.
        local_copy(versions[0])
        assert [folder.exists() for folder in folders] == [True, True, True]


_CHILD = """
import hashlib, sys
import modelbox
from modelbox.loading.local_files import local_files
from modelbox.transfer import FileSource, StoredFile, list_files
with modelbox.ModelBox(sys.argv[1]) as box:
    files = [StoredFile.of(file) for file in list_files(box.connection, FileSource.of(sys.argv[2]))]
    with local_files(box.connection, sys.argv[2], files, None) as folder:
        path = folder / "model.bin"
        print(path.stat().st_ino, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_processes_that_want_the_same_fetch_it_once(box: modelbox.ModelBox, server: ServerProcess) -> None:
    version = version_of(box, {"model.bin": noise(5, 30 * MIB)})
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, server.addr, version.reference], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = {child.communicate(timeout=60)[0] for child in children}
    assert [child.returncode for child in children] == [0] * 4
    assert len(said) == 1


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.target),))


def test_nothing_is_unpickled_without_asking(box: modelbox.ModelBox, tmp_path: Path) -> None:
    target = tmp_path / "was here"
    version = version_of(box, {"model.pkl": pickle.dumps(Malicious(target))})
    with pytest.raises(InvalidInput, match="allow_pickle=True"):
        version.load()
    assert not target.exists()
    version.load(allow_pickle=True)
    assert target.exists()
    with pytest.raises(InvalidInput, match="providers are for ONNX Runtime"):
        version.load(providers=[])
    with pytest.raises(InvalidInput, match="takes no compile"):
        version.load(compile=False)
    with pytest.raises(CorruptData, match="is no pickle"):
        version_of(box, {"model.pkl": b"hello"}).load(allow_pickle=True)


def test_what_is_elsewhere_is_said_to_be_there(box: modelbox.ModelBox) -> None:
    experiment = box.new_experiment("run", namespace=f"loading-{uuid.uuid4().hex[:12]}")
    artifact = experiment.track_artifacts(["s3://bucket/model.onnx"])
    with pytest.raises(InvalidInput, match=r"it is at s3://bucket/model\.onnx"):
        artifact.load("model.onnx")
    with pytest.raises(InvalidInput, match="nothing to load among no files"):
        artifact.load()


def _entry(location: bytes) -> bytes:
    return b"...\n\x08location\x12" + bytes([len(location)]) + location + b"..."


def test_files_that_a_model_of_onnx_has_its_tensors_in(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(
        _entry(b"w.bin") + _entry(b"parts/x") + _entry(b"w.bin") + b"\n\x08location\x12\xff\xff\xff"
    )
    assert data_files(path, "folder/model.onnx") == ["folder/w.bin", "folder/parts/x"]
    for location in (b"../w.bin", b"/etc/passwd", b"a\\b"):
        path.write_bytes(_entry(location))
        with pytest.raises(InvalidInput, match="not beside it"):
            data_files(path, "model.onnx")
    path.write_bytes(b"")
    with pytest.raises(CorruptData, match="empty"):
        data_files(path, "model.onnx")
