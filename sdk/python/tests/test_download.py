import hashlib
import os
from pathlib import Path

import pytest
from flipping_proxy import FlippingProxy
from hypothesis import given, settings
from hypothesis import strategies as st
from server_process import ServerProcess
from transfers import MIB, forked, latest, new_experiment, noise, save, stored_file, tree, write

import modelbox
from modelbox._gen.artifact_service_pb2 import File
from modelbox.transfer import download_files, download_into, open_file
from modelbox.transfer.names import local_path_problem
from modelbox.transfer.wanted_files import wanted_files

LARGE = noise(7, 40 * MIB)


@pytest.fixture(scope="module")
def large(server: ServerProcess) -> str:
    """A checkpoint with a file of many chunks."""
    with modelbox.ModelBox(server.addr) as box:
        experiment = new_experiment(box.connection)
        save(box.connection, experiment, 1, {"large.bin": LARGE, "a/small.txt": b"small", "b.txt": b"b"})
        return latest(experiment)


def test_what_is_right_already_is_not_fetched(box: modelbox.ModelBox, large: str, tmp_path: Path) -> None:
    download_files(box.connection, large, tmp_path)
    before = (tmp_path / "large.bin").stat()
    report = download_files(box.connection, large, tmp_path)
    assert (report.received_bytes, report.reused_bytes) == (0, report.size_bytes)
    assert (tmp_path / "large.bin").stat().st_ino == before.st_ino


@pytest.mark.parametrize("name", ["large.bin", "a/small.txt"])
def test_what_is_wrong_is_repaired(box: modelbox.ModelBox, large: str, tmp_path: Path, name: str) -> None:
    download_files(box.connection, large, tmp_path)
    right = tree(tmp_path)
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    report = download_files(box.connection, large, tmp_path)
    assert tree(tmp_path) == right
    assert 0 < report.received_bytes <= 8 * MIB
    for size in (len(data) // 2, 0):
        os.truncate(path, size)
        download_files(box.connection, large, tmp_path)
        assert tree(tmp_path) == right
    with path.open("ab") as file:
        file.write(b"more")
    report = download_files(box.connection, large, tmp_path)
    assert (tree(tmp_path), report.received_bytes) == (right, 0)


def test_a_part_that_an_earlier_download_left_is_used(
    box: modelbox.ModelBox, large: str, tmp_path: Path
) -> None:
    (tmp_path / "large.bin.modelbox-partial").write_bytes(LARGE[: 20 * MIB] + bytes(30 * MIB))
    report = download_files(box.connection, large, tmp_path, prefix="large.bin")
    assert (tmp_path / "large.bin").read_bytes() == LARGE
    assert 10 * MIB <= report.reused_bytes <= 20 * MIB
    assert sorted(os.listdir(tmp_path)) == ["large.bin"]


def test_some_files_are_chosen(box: modelbox.ModelBox, large: str, tmp_path: Path) -> None:
    download_files(box.connection, large, tmp_path / "prefix", prefix="a")
    assert list(tree(tmp_path / "prefix")) == ["a/small.txt"]
    download_files(box.connection, large, tmp_path / "chosen", choose=lambda path: path.endswith(".txt"))
    assert sorted(tree(tmp_path / "chosen")) == ["a/small.txt", "b.txt"]


def test_links_do_not_lead_out_of_the_folder(box: modelbox.ModelBox, large: str, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"precious": b"1"})
    target = tmp_path / "target"
    target.mkdir()
    (target / "a").symlink_to(outside, target_is_directory=True)
    with pytest.raises(modelbox.LocalFileError, match="a symbolic link, which could lead out"):
        download_files(box.connection, large, target)
    (target / "a").unlink()
    # A link in the place of a file is replaced, and what it leads to stays as it is.
    (target / "b.txt").symlink_to(outside / "precious")
    download_files(box.connection, large, target)
    assert (target / "b.txt").read_bytes() == b"b"
    assert tree(outside) == {"precious": hashlib.sha256(b"1").hexdigest()}


@pytest.mark.parametrize(
    "path", ["../a", "a/../../b", "/etc/passwd", "a//b", "a\\b", "C:/a", "a\0b", "", "a.modelbox-partial"]
)
def test_a_server_is_not_trusted_with_names(path: str) -> None:
    assert local_path_problem(path) is not None
    with pytest.raises(modelbox.InvalidInput, match="can't be written here"):
        wanted_files(iter([File(path=path, size_bytes=1)]))


def test_windows_has_names_of_its_own() -> None:
    assert local_path_problem("a/con.txt", "win32") is not None
    assert local_path_problem("a/b?", "win32") is not None
    assert local_path_problem("a/con.txt", "linux") is None


def test_only_what_has_files_can_be_downloaded(box: modelbox.ModelBox, tmp_path: Path) -> None:
    with pytest.raises(modelbox.InvalidInput, match="Only checkpoints, versions and artifacts"):
        download_files(box.connection, "model:a/b", tmp_path)
    with pytest.raises(modelbox.NotFound):
        download_files(box.connection, "checkpoint:nobody/made/this", tmp_path)


def damage_once(at: int) -> tuple[object, list[int]]:
    seen = [0, 0]

    def damage(data: bytes) -> bytes:
        seen[0] += len(data)
        if seen[0] < at or seen[1] > 0:
            return data
        seen[1] += 1
        return data[:-1] + bytes([data[-1] ^ 1])

    return damage, seen


@pytest.mark.parametrize("into_memory", [False, True])
def test_a_flipped_byte_is_noticed_and_fetched_again(
    server: ServerProcess, large: str, tmp_path: Path, into_memory: bool
) -> None:
    damage, seen = damage_once(25 * MIB)
    proxy = FlippingProxy(server.addr, damage)  # type: ignore[arg-type]
    with modelbox.ModelBox(proxy.addr) as box:
        if into_memory:
            target = bytearray(len(LARGE))
            download_into(box.connection, stored_file(box.connection, large, "large.bin"), target)
            assert target == LARGE
        else:
            download_files(box.connection, large, tmp_path)
            assert (tmp_path / "large.bin").read_bytes() == LARGE
    proxy.close()
    assert seen[1] == 1


def test_bytes_that_stay_wrong_are_never_a_file(server: ServerProcess, large: str, tmp_path: Path) -> None:
    def damage(data: bytes) -> bytes:
        return data.replace(b"small", b"smell") if b"200 OK" in data else data[:-1] + bytes([data[-1] ^ 1])

    proxy = FlippingProxy(server.addr, lambda data: damage(data) if len(data) > 60_000 else data)
    with modelbox.ModelBox(proxy.addr) as box, pytest.raises(modelbox.CorruptData, match="wrong digest"):
        download_files(box.connection, large, tmp_path, prefix="large.bin")
    proxy.close()
    assert not (tmp_path / "large.bin").exists()


@settings(max_examples=25, deadline=None)
@given(ranges=st.lists(st.tuples(st.integers(0, 41 * MIB), st.integers(0, 12 * MIB)), min_size=1, max_size=4))
def test_any_part_of_a_file_can_be_read(
    server: ServerProcess, large: str, ranges: list[tuple[int, int]]
) -> None:
    with modelbox.ModelBox(server.addr) as box:
        file = stored_file(box.connection, large, "large.bin")
        with open_file(box.connection, file) as opened:
            for offset, length in ranges:
                assert opened.read_at(offset, length) == LARGE[offset : offset + length]


def test_a_stored_file_is_a_file(box: modelbox.ModelBox, large: str) -> None:
    with open_file(box.connection, stored_file(box.connection, large, "large.bin")) as file:
        assert file.read(10) == LARGE[:10]
        file.seek(-7, os.SEEK_END)
        assert file.read() == LARGE[-7:]
        assert file.read(1) == b""
        file.seek(1 << 40)
        assert file.read(1) == b""
        target = bytearray(100)
        assert file.read_into(20 * MIB - 50, memoryview(target)) == 100
        assert target == LARGE[20 * MIB - 50 : 20 * MIB + 50]
    with pytest.raises(ValueError, match="closed"):
        file.read_at(0, 1)


def test_an_open_file_can_be_read_after_a_fork(box: modelbox.ModelBox, large: str) -> None:
    with open_file(box.connection, stored_file(box.connection, large, "large.bin")) as file:
        assert file.read_at(0, 10) == LARGE[:10]
        with forked() as is_child:
            if is_child:
                assert file.read_at(30 * MIB, MIB) == LARGE[30 * MIB : 31 * MIB]
        assert file.read_at(20 * MIB, MIB) == LARGE[20 * MIB : 21 * MIB]


def test_a_part_goes_straight_into_memory(box: modelbox.ModelBox, large: str) -> None:
    target = bytearray(20 * MIB)
    file = stored_file(box.connection, large, "large.bin")
    assert download_into(box.connection, file, target, offset=3 * MIB) == len(target)
    assert target == LARGE[3 * MIB : 23 * MIB]
    assert download_into(box.connection, file, target, offset=len(LARGE) - 5) == 5
    assert target[:5] == LARGE[-5:]


def test_the_cache_is_the_one_of_the_command_line(
    box: modelbox.ModelBox, server: ServerProcess, large: str, tmp_path: Path
) -> None:
    server.command(
        "client", "checkpoints", "download", large.split(":")[1], "-o", str(tmp_path / "one"), "--cache"
    )
    report = download_files(box.connection, large, tmp_path / "two", cache=True)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert (report.cached_bytes, report.received_bytes) == (len(LARGE), report.size_bytes - len(LARGE))
    with open_file(box.connection, stored_file(box.connection, large, "large.bin"), cache=True) as file:
        assert file.read() == LARGE
    cached = [path for path in (tmp_path / "cache/modelbox/chunks").rglob("*") if path.is_file()]
    cached[0].write_bytes(b"damaged")
    report = download_files(box.connection, large, tmp_path / "three", cache=True)
    assert tree(tmp_path / "one") == tree(tmp_path / "three")
    assert 0 < report.received_bytes <= 9 * MIB
    shown = server.command("client", "cache", "show", "--json")
    assert f'"chunks": {len(cached)}' in shown or f'"chunks":{len(cached)}' in shown
