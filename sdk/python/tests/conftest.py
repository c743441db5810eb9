import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_process import ServerProcess

import modelbox


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings and no cache of whoever runs the tests."""
    for name in ("SERVER_ADDR", "TOKEN", "TOKEN_FILE", "CA_FILE", "CERT_FILE", "KEY_FILE"):
        monkeypatch.delenv(f"MODELBOX_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that leave it running; each uses a namespace of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("server"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test may kill."""
    folder = tmp_path / "own-server"
    folder.mkdir()
    process = ServerProcess(folder)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def box(server: ServerProcess) -> Iterator[modelbox.ModelBox]:
    """A client of `server`."""
    with modelbox.ModelBox(server.addr) as client:
        yield client


@pytest.fixture
def own_box(own_server: ServerProcess) -> Iterator[modelbox.ModelBox]:
    """A client of `own_server`."""
    with modelbox.ModelBox(own_server.addr) as client:
        yield client


@pytest.fixture
def token_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that wants tokens."""
    folder = tmp_path / "token-server"
    folder.mkdir()
    process = ServerProcess(folder, {"MODELBOX_AUTH": "token"})
    process.start()
    yield process
    process.stop()


@pytest.fixture
def server_token_box(token_server: ServerProcess) -> Iterator[modelbox.ModelBox]:
    """A client with a token, of a server that wants one."""
    token = json.loads(token_server.command("server", "tokens", "create", "--name", "test", "--json"))["text"]
    with modelbox.ModelBox(token_server.addr, token) as client:
        yield client
