"""What is told of servers that are not as they should be, and how soon."""

import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from server_process import ServerProcess

import modelbox
from modelbox._gen.server_info_service_pb2 import GetServerInfoResponse
from modelbox.settings import load_settings


@contextmanager
def a_server(version: str) -> Generator[str, None, None]:
    """Knows no method but GetServerInfo, or with no version none at all."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            is_info = self.path.endswith("/GetServerInfo") and version != ""
            body = GetServerInfoResponse(version=version, roles=["metadata"]).SerializeToString()
            if not is_info:
                body = (
                    b'{"code":"unimplemented","message":"no such method"}'
                    if version
                    else b"<html>nginx</html>"
                )
            self.send_response(200 if is_info else 404)
            self.send_header("content-type", "application/proto" if is_info else "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def within_a_second() -> Generator[None, None, None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("version", "advice"), [("0.0.9", "update the server"), ("9.0.0", "pip install --upgrade")]
)
def test_the_older_of_the_two_is_named(version: str, advice: str) -> None:
    with a_server(version) as addr, modelbox.ModelBox(addr) as box, within_a_second():
        with pytest.raises(modelbox.Unimplemented, match=advice) as caught:
            box.experiment("a/b")
        assert version in str(caught.value)
        assert caught.value.metadata["server_version"] == version


def test_another_kind_of_server_is_named() -> None:
    with a_server("") as addr, modelbox.ModelBox(addr) as box, within_a_second():
        with pytest.raises(modelbox.ConnectionFailed, match="not a ModelBox server"):
            box.experiment("a/b")


def test_a_path_too_many_is_named(server: ServerProcess) -> None:
    with modelbox.ModelBox(f"{server.addr}/wrong/path") as box, within_a_second():
        with pytest.raises(
            modelbox.ConnectionFailed, match=r"/wrong/path is not a ModelBox server.*check server_addr"
        ):
            box.server_info()


def test_the_address_for_grpc_is_named(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = ServerProcess(tmp_path, {"MODELBOX_GRPC_LISTEN_ADDR": f"127.0.0.1:{port}"})
    process.start()
    try:
        with modelbox.ModelBox(f"127.0.0.1:{port}") as box, within_a_second():
            with pytest.raises(modelbox.ConnectionFailed):
                box.experiment("a/b")
    finally:
        process.stop()


def test_nobody_answers() -> None:
    # A listener whose queue is full answers no more packets, as a firewall does.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.create_connection(listener.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(listener.getsockname())
            started = time.monotonic()
            with modelbox.ModelBox(f"127.0.0.1:{listener.getsockname()[1]}") as box:
                with pytest.raises(modelbox.ConnectionFailed, match="Nobody answers"):
                    box.experiment("a/b")
            assert time.monotonic() - started < 1.5


def test_a_token_that_is_missing_or_wrong(server_token_box: modelbox.ModelBox) -> None:
    addr = server_token_box.connection.base_url
    assert server_token_box.server_info().version
    for token, reason in (("", "TOKEN_MISSING"), ("mbx_wrong", "TOKEN_INVALID")):
        with modelbox.ModelBox(addr, token) as box, within_a_second():
            with pytest.raises(modelbox.Unauthenticated) as caught:
                list(box.namespaces())
            assert caught.value.reason == reason
    with pytest.raises(modelbox.InvalidInput, match="no token has"):
        modelbox.ModelBox(addr, "two\nlines")


def test_settings_come_from_arguments_environment_and_file(tmp_path: Path) -> None:
    folder = tmp_path / "modelbox"
    folder.mkdir()
    (folder / "client.toml").write_text(
        'Server_Addr = "http://file:1/"\ntoken_file = "token"\nca_file = "ca.pem"\n'
    )
    (folder / "token").write_text("mbx_file\n")
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    settings = load_settings(env=env)
    assert (settings.server_addr, settings.token, settings.ca_file) == (
        "http://file:1",
        "mbx_file",
        folder / "ca.pem",
    )
    assert "mbx_file" not in repr(settings)
    env |= {"MODELBOX_SERVER_ADDR": "env:2", "MODELBOX_TOKEN": "mbx_env"}
    assert (load_settings(env=env).server_addr, load_settings(env=env).token) == ("http://env:2", "mbx_env")
    settings = load_settings(addr="https://argument", token="mbx_argument", env=env)
    assert (settings.server_addr, settings.token) == ("https://argument", "mbx_argument")
    (folder / "client.toml").write_text("server_adr = 1\n")
    with pytest.raises(modelbox.SettingsError, match='did you mean "server_addr"'):
        load_settings(env=env)
    for bad in ("ftp://a", "http://user:secret@host", "http://a?b", "http://"):
        with pytest.raises(modelbox.InvalidInput) as caught:
            load_settings(addr=bad, env={"XDG_CONFIG_HOME": "/nonexistent"})
        assert "secret" not in str(caught.value)


def test_the_command_line_reads_the_same_file(server: ServerProcess, tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    server.command("client", "init-config", "--config-path", str(path))
    settings = load_settings(config_path=path)
    assert settings.cache_size_mib == 10_240
    assert settings.token == ""


def test_importing_is_light() -> None:
    heavy = ("httpx", "google.protobuf", "numpy", "torch")
    code = f"import modelbox, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_name_is_there_and_has_a_docstring() -> None:
    for name in modelbox.__all__:
        value = getattr(modelbox, name)
        if isinstance(value, type):
            assert value.__doc__, name
            for member, one in vars(value).items():
                if not member.startswith("_") and callable(one):
                    assert one.__doc__, f"{name}.{member}"
    project = Path(__file__).parents[1] / "pyproject.toml"
    assert f'version = "{modelbox.__version__}"' in project.read_text()


def test_threads_and_forks_share_a_box(box: modelbox.ModelBox) -> None:
    experiment = box.new_experiment("threads", namespace="threads")
    failures: list[BaseException] = []

    def log(first: int) -> None:
        try:
            for step in range(first, first + 20):
                experiment.log_metrics({"x": step}, step=step)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=log, args=(number * 100,)) for number in range(8)]
    for thread in threads:
        thread.start()
    children: list[int] = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                experiment.log_metrics({"x": 0}, step=10_000 + number)
                os._exit(0)
            except BaseException:
                os._exit(1)
        children.append(child)
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(experiment.metric_points("x"))) == 8 * 20 + 3


def test_a_closed_box_says_so(server: ServerProcess) -> None:
    box = modelbox.ModelBox(server.addr)
    box.close()
    with pytest.raises(modelbox.InvalidInput, match="closed"):
        box.server_info()
    assert pickle.loads(pickle.dumps(box.connection)).base_url == server.addr
