"""`modelbox://` addresses, opened by fsspec itself, pandas and pyarrow."""

import gc
import os
import random
import uuid

import pytest
from server_process import ServerProcess

import modelbox

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

_WEIGHTS = random.Random(11).randbytes(12_000_000)
_TABLE = b"step,loss\n1,0.5\n2,0.25\n"


@pytest.fixture
def namespace(box: modelbox.ModelBox, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MODELBOX_SERVER_ADDR", server.addr)
    name = f"files-{uuid.uuid4().hex[:12]}"
    experiment = box.new_experiment("run", namespace=name)
    experiment.new_checkpoint(1, {"old.bin": b"old"})
    experiment.new_checkpoint(2, {"model/weights.bin": _WEIGHTS, "model/empty": b"", "table.csv": _TABLE})
    model = box.new_model("lid", namespace=name)
    model.new_model_version(artifacts={"weights.bin": _WEIGHTS}, unique_tags=["production"])
    return name


def test_folders_and_files_are_listed(namespace: str) -> None:
    import fsspec

    files = fsspec.filesystem("modelbox")
    assert namespace in files.ls("modelbox://", detail=False)
    assert files.ls(f"modelbox://{namespace}/", detail=False) == [f"{namespace}/run", f"{namespace}/lid@1"]
    assert sorted(files.ls(f"{namespace}/run", detail=False)) == [
        f"{namespace}/run/step-1",
        f"{namespace}/run/step-2",
    ]
    latest = f"{namespace}/run/latest"
    assert files.ls(latest, detail=False) == [f"{latest}/model", f"{latest}/table.csv"]
    assert sorted(files.find(latest)) == [
        f"{latest}/model/empty",
        f"{latest}/model/weights.bin",
        f"{latest}/table.csv",
    ]
    assert files.glob(f"{latest}/**/*.bin") == [f"{latest}/model/weights.bin"]
    assert files.du(latest) == len(_WEIGHTS) + len(_TABLE)
    info = files.info(f"modelbox://{latest}/model/weights.bin")
    assert (info["type"], info["size"]) == ("file", len(_WEIGHTS))
    assert files.isdir(f"{latest}/model")
    assert files.isdir(f"{namespace}/run")
    assert files.created(f"{latest}/table.csv").tzinfo is not None
    for absent in (
        "nothing",
        f"{namespace}/no",
        f"{namespace}/run/step-9",
        f"{latest}/no",
        f"{latest}/model/no",
    ):
        assert not files.exists(absent)
        with pytest.raises(FileNotFoundError):
            files.ls(absent)
        with pytest.raises(FileNotFoundError):
            files.open(absent)


def test_any_part_of_a_file_is_read(namespace: str) -> None:
    import fsspec

    path = f"modelbox://{namespace}/lid@production/weights.bin"
    with fsspec.open(path, "rb") as file:
        for _ in range(20):
            offset = random.randrange(len(_WEIGHTS))
            length = random.randrange(1, 3_000_000)
            file.seek(offset)
            assert file.read(length) == _WEIGHTS[offset : offset + length]
        file.seek(-5, os.SEEK_END)
        assert file.read() == _WEIGHTS[-5:]
    alone = fsspec.open(path, "rb").open()
    gc.collect()
    with alone:
        assert alone.read() == _WEIGHTS
    files = fsspec.filesystem("modelbox")
    assert files.cat(path) == _WEIGHTS
    assert files.cat_file(path, -7, -2) == _WEIGHTS[-7:-2]
    assert files.cat_file(path, 5, 3) == b""
    assert files.cat_ranges([path, path], [0, 4_000_000], [10, 9_000_000]) == [
        _WEIGHTS[:10],
        _WEIGHTS[4_000_000:9_000_000],
    ]
    assert files.cat(f"{namespace}/run/latest/model/empty") == b""


def test_blocks_end_at_lines(namespace: str) -> None:
    import fsspec

    files = fsspec.filesystem("modelbox")
    assert files.read_block(f"{namespace}/run/latest/table.csv", 12, 4, delimiter=b"\n") == b"2,0.25\n"


def test_a_folder_is_brought_to_this_machine(namespace: str, tmp_path: os.PathLike[str]) -> None:
    import fsspec

    files = fsspec.filesystem("modelbox")
    files.get(f"modelbox://{namespace}/run/latest/model/", f"{tmp_path}/got/", recursive=True)
    with open(f"{tmp_path}/got/weights.bin", "rb") as got:
        assert got.read() == _WEIGHTS


def test_writing_says_what_to_do_instead(namespace: str) -> None:
    import fsspec

    with pytest.raises(modelbox.InvalidInput, match="new_checkpoint"):
        fsspec.open(f"modelbox://{namespace}/run/latest/new", "wb").open()
    files, path = fsspec.filesystem("modelbox"), f"{namespace}/run/latest/table.csv"
    with pytest.raises(modelbox.InvalidInput, match="deleted together"):
        files.rm(path)
    with pytest.raises(modelbox.InvalidInput, match="copied or moved"):
        files.mv(path, f"{path}.old")
    assert files.cat(path) == _TABLE


def test_what_the_server_does_not_say_is_not_taken_for_missing(namespace: str) -> None:
    """A training that looks for its checkpoint must not begin anew because the server is away."""
    import fsspec

    files, latest = fsspec.filesystem("modelbox"), f"{namespace}/run/latest"
    for path, kind in (
        (f"{latest}/table.csv", "file"),
        (f"{latest}/model", "directory"),
        (f"{latest}/no", None),
    ):
        assert files.exists(path) is (kind is not None)
        assert files.isfile(path) is (kind == "file")
        assert files.isdir(path) is (kind == "directory")
    assert not files.exists(f"{namespace}/no such name/latest")
    away = fsspec.filesystem("modelbox", addr="http://127.0.0.1:1")
    for ask in (away.exists, away.isfile, away.isdir):
        with pytest.raises(modelbox.ConnectionFailed):
            ask(f"{latest}/table.csv")


def test_pandas_and_pyarrow_read_by_address(
    box: modelbox.ModelBox, namespace: str, tmp_path: os.PathLike[str]
) -> None:
    import fsspec
    import pandas
    import pyarrow.parquet

    frame = pandas.read_csv(f"modelbox://{namespace}/run/latest/table.csv")
    assert frame["loss"].tolist() == [0.5, 0.25]
    many = pandas.DataFrame({"n": range(200_000), "text": [f"line {n}" for n in range(200_000)]})
    many.to_parquet(f"{tmp_path}/many.parquet", row_group_size=10_000)
    box.experiment(f"{namespace}/run").new_checkpoint(3, [f"{tmp_path}/many.parquet"])
    path = f"modelbox://{namespace}/run/latest/many.parquet"
    assert pandas.read_parquet(path).equals(many)
    files = fsspec.filesystem("modelbox")
    table = pyarrow.parquet.read_table(
        f"{namespace}/run/latest/many.parquet", filesystem=files, columns=["n"]
    )
    assert table.column("n").to_pylist() == list(range(200_000))
