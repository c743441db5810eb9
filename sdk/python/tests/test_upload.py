import os
from pathlib import Path

import pytest
from transfers import MIB, latest, new_experiment, noise, save, stored_file, tree, write

import modelbox
from modelbox.transfer import Progress, download_files, find_files, upload_files


def test_a_folder_comes_back_as_it_was(box: modelbox.ModelBox, tmp_path: Path) -> None:
    files = {f"small/{index}.json": noise(index, 100 + index) for index in range(300)}
    files |= {f"middle/{index}": noise(1000 + index, 300_000 + index) for index in range(6)}
    files |= {"empty": b"", "Größe/日本.bin": b"named", "large.bin": noise(1, 30 * MIB)}
    folder = write(tmp_path / "in", files)
    experiment = new_experiment(box.connection)
    first = save(box.connection, experiment, 1, [folder])
    assert (first.files, first.size_bytes) == (len(files), sum(map(len, files.values())))
    assert (first.sent_bytes, first.reused_bytes) == (first.size_bytes, 0)
    again = save(box.connection, experiment, 2, [folder])
    assert (again.sent_bytes, again.sent_chunks, again.reused_bytes) == (0, 0, first.size_bytes)
    report = download_files(box.connection, latest(experiment), tmp_path / "out")
    assert tree(tmp_path / "out") == tree(folder)
    assert (report.files, report.received_bytes) == (len(files), first.size_bytes)


class Numbers:
    """A source that makes its bytes when they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.most = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.most = max(self.most, length)
        first, last = offset // 4, -(-(offset + length) // 4)
        data = b"".join(
            (number * 2654435761 & 0xFFFFFFFF).to_bytes(4, "little") for number in range(first, last)
        )
        return data[offset - 4 * first :][: min(length, self.size - offset)]


def test_memory_and_other_sources_are_stored_under_their_keys(box: modelbox.ModelBox, tmp_path: Path) -> None:
    numbers = Numbers(3 * MIB + 5)
    data = bytearray(noise(2, 5 * MIB))
    sources = {"a": b"bytes", "b/c": memoryview(data), "numbers": numbers, "nothing": b""}
    experiment = new_experiment(box.connection)
    save(box.connection, experiment, 1, sources)
    download_files(box.connection, latest(experiment), tmp_path)
    assert (tmp_path / "a").read_bytes() == b"bytes"
    assert (tmp_path / "b/c").read_bytes() == data
    assert (tmp_path / "numbers").read_bytes() == numbers.read_at(0, numbers.size)
    assert (tmp_path / "nothing").read_bytes() == b""
    assert numbers.most <= 8 * MIB


def test_only_what_changed_is_sent(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box.connection)
    data = bytearray(noise(3, 24 * MIB))
    save(box.connection, experiment, 1, {"weights": bytes(data)})
    data[20 * MIB] ^= 1
    report = save(box.connection, experiment, 2, {"weights": bytes(data), "copy": bytes(data)})
    assert 0 < report.sent_bytes <= 8 * MIB
    assert report.sent_chunks == 1


def test_a_file_of_one_chunk_has_its_digest_at_once(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box.connection)
    save(box.connection, experiment, 1, {"config.json": b"{}"})
    assert stored_file(box.connection, latest(experiment), "config.json").sha256.startswith(
        "44136fa355b3678a"
    )


def test_a_file_that_changes_while_it_is_read_is_refused(box: modelbox.ModelBox, tmp_path: Path) -> None:
    write(tmp_path, {"weights.bin": noise(4, 40 * MIB)})
    path = tmp_path / "weights.bin"

    def change(now: Progress) -> None:
        if now.done_bytes > 0:
            os.utime(path, ns=(1, 1))

    namespace = new_experiment(box.connection).split("/")[0]
    with pytest.raises(modelbox.LocalFileError, match=r"weights\.bin changed while it was read"):
        upload_files(box.connection, namespace, [path], progress=change)


def test_a_source_that_ends_early_is_refused(box: modelbox.ModelBox) -> None:
    class Short(Numbers):
        def read_at(self, offset: int, length: int) -> bytes:
            return super().read_at(offset, length) if offset < 1_000_000 else b""

    namespace = new_experiment(box.connection).split("/")[0]
    with pytest.raises(modelbox.InvalidInput, match='The source of "short" is not what it says'):
        upload_files(box.connection, namespace, {"short": Short(6 * MIB)})


def test_what_fails_in_a_source_ends_the_upload(box: modelbox.ModelBox) -> None:
    class Broken(Numbers):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset > 4 * MIB:
                raise ZeroDivisionError
            return super().read_at(offset, length)

    namespace = new_experiment(box.connection).split("/")[0]
    with pytest.raises(ZeroDivisionError):
        upload_files(box.connection, namespace, {"broken": Broken(9 * MIB)})


def test_progress_ends_where_everything_is_done(box: modelbox.ModelBox) -> None:
    seen: list[Progress] = []
    files = {"a": noise(5, 9 * MIB), "b": noise(6, 1000)}
    save(box.connection, new_experiment(box.connection), 1, files, progress=seen.append)
    size = 9 * MIB + 1000
    assert seen[-1] == Progress(2, size, 2, size, size)
    assert [now.done_bytes for now in seen] == sorted(now.done_bytes for now in seen)


def test_a_number_of_workers_that_makes_no_sense_is_refused(box: modelbox.ModelBox) -> None:
    experiment = new_experiment(box.connection)
    with pytest.raises(modelbox.InvalidInput, match="workers"):
        save(box.connection, experiment, 1, {"a": b"1"}, workers=0)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "nothing to upload"),
        ({"../a": b"1"}, r"'\.\.' parts"),
        ({"/a": b"1"}, "relative"),
        ({"a\\b": b"1"}, "not '\\\\'"),
        ({"a": b"1", "a/b": b"2"}, "can't be stored together"),
        ({"a.modelbox-partial": b"1"}, "unfinished download"),
        ({"a": "/nobody/made/this"}, "does not exist"),
    ],
)
def test_what_cannot_be_stored_is_refused(files: dict[str, bytes | str], message: str) -> None:
    with pytest.raises((modelbox.InvalidInput, modelbox.LocalFileError), match=message):
        find_files(files)


def test_links_stay_inside(tmp_path: Path) -> None:
    write(tmp_path, {"secret": b"1", "in/a": b"2", "in/below/b": b"3"})
    (tmp_path / "in/link").symlink_to("a")
    assert sorted(find_files([tmp_path / "in"])) == ["a", "below/b", "link"]
    (tmp_path / "in/loop").symlink_to("..", target_is_directory=True)
    with pytest.raises(modelbox.LocalFileError, match="leads out of the folder"):
        find_files([tmp_path / "in"])
    (tmp_path / "in/loop").unlink()
    (tmp_path / "in/below/loop").symlink_to(tmp_path / "in", target_is_directory=True)
    with pytest.raises(modelbox.LocalFileError, match="a loop"):
        find_files([tmp_path / "in"])
    (tmp_path / "in/below/loop").unlink()
    os.mkfifo(tmp_path / "in/pipe")
    with pytest.raises(modelbox.LocalFileError, match="no file and no folder"):
        find_files([tmp_path / "in"])


def test_a_folder_may_have_a_key(tmp_path: Path) -> None:
    write(tmp_path, {"in/a": b"2", "in/below/b": b"3"})
    assert sorted(find_files({"x": tmp_path / "in"})) == ["x/a", "x/below/b"]
    assert sorted(find_files({"": tmp_path / "in"})) == ["a", "below/b"]
    assert sorted(find_files(tmp_path / "in/a")) == ["a"]
