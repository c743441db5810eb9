"""What is left when a client or the server dies in the middle."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from server_process import ServerProcess
from transfers import MIB, latest, new_experiment, noise, save

import modelbox
from modelbox.transfer import Progress, download_files, upload_files

SIZE = 64 * MIB
_CHILD = Path(__file__).parent / "transfer_child.py"


def killed_after(size: int, *arguments: str) -> None:
    """Runs a client that is killed once it has moved so many bytes."""
    child = subprocess.run([sys.executable, _CHILD, str(size), *arguments], timeout=120)
    assert child.returncode == -9


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_upload_goes_on_after_kill_9(box: modelbox.ModelBox, tmp_path: Path, share: float) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(noise(int(share * 10), SIZE))
    experiment = new_experiment(box.connection)
    killed_after(int(SIZE * share), "upload", box.connection.base_url, experiment.split("/")[0], str(path))
    report = save(box.connection, experiment, 1, [path])
    assert report.sent_bytes <= SIZE * (1 - share)
    download_files(box.connection, latest(experiment), tmp_path / "out")
    assert (tmp_path / "out/weights.bin").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_download_goes_on_after_kill_9(box: modelbox.ModelBox, tmp_path: Path, share: float) -> None:
    data = noise(20 + int(share * 10), SIZE)
    experiment = new_experiment(box.connection)
    save(box.connection, experiment, 1, {"weights.bin": data})
    target = tmp_path / "out"
    killed_after(int(SIZE * share), "download", box.connection.base_url, latest(experiment), str(target))
    assert not (target / "weights.bin").exists()
    report = download_files(box.connection, latest(experiment), target)
    assert report.received_bytes <= SIZE * (1 - share) + 8 * MIB
    assert (target / "weights.bin").read_bytes() == data
    assert [path.name for path in target.iterdir()] == ["weights.bin"]


class _KillOnce:
    """Kills a server when so much was moved, and starts it again a moment later."""

    def __init__(self, server: ServerProcess, at: int) -> None:
        self._server = server
        self._at = at
        self._thread: Thread | None = None

    def __call__(self, now: Progress) -> None:
        if self._thread is None and now.transferred_bytes >= self._at:
            self._thread = Thread(target=self._kill)
            self._thread.start()

    def _kill(self) -> None:
        self._server.kill()
        self._server.start()

    def join(self) -> None:
        assert self._thread is not None, "nothing was killed"
        self._thread.join()


def test_transfers_outlive_a_server_that_is_killed(own_server: ServerProcess, tmp_path: Path) -> None:
    data = noise(30, SIZE)
    with modelbox.ModelBox(own_server.addr) as box:
        experiment = new_experiment(box.connection)
        kill = _KillOnce(own_server, SIZE // 3)
        save(box.connection, experiment, 1, {"weights.bin": data}, progress=kill)
        kill.join()
        kill = _KillOnce(own_server, SIZE // 3)
        download_files(box.connection, latest(experiment), tmp_path, progress=kill)
        kill.join()
        assert (tmp_path / "weights.bin").read_bytes() == data


def test_a_lease_lives_on_between_the_upload_and_the_commit(box: modelbox.ModelBox) -> None:
    namespace = new_experiment(box.connection).split("/")[0]
    with upload_files(box.connection, namespace, {"a": b"1"}) as uploaded:
        assert uploaded.lease_id
        assert [file.path for file in uploaded.file_set().files] == ["a"]
