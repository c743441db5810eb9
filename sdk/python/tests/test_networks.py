"""The SDK over TLS, below a path of a gateway, and where the environment names a proxy."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import Authority, CertificateFiles
from forward_proxy import ForwardProxy
from gateway import Gateway
from server_process import ServerProcess
from transfers import MIB, noise

import modelbox
from modelbox.transfer.proxy import proxy_for

SIZE = 9 * MIB


def _use(box: modelbox.ModelBox, folder: Path) -> None:
    """Calls, a stream, and bytes in both directions, many small files and a large one."""
    namespace = f"networks-{uuid.uuid4().hex[:12]}"
    experiment = box.new_experiment("run", namespace=namespace)
    files = {"large.bin": noise(1, SIZE), **{f"small/{index}": noise(index, 500) for index in range(20)}}
    experiment.new_checkpoint(1, files)
    latest = experiment.latest_checkpoint()
    assert latest is not None
    found = latest.download(folder / namespace)
    for path, data in files.items():
        assert (found / path).read_bytes() == data
    with box.watch(namespace, after_sequence=0) as changes:
        assert next(iter(changes)).namespace_id == experiment.namespace_id


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own(authority: Authority) -> CertificateFiles:
    return authority.issue("client")


@pytest.fixture(scope="module")
def tls_server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Wants a certificate of whoever calls."""
    files = authority.issue("server")
    env = {
        "MODELBOX_TLS_CERT_FILE": str(files.cert),
        "MODELBOX_TLS_KEY_FILE": str(files.key),
        "MODELBOX_TLS_CLIENT_CA_FILE": str(authority.cert),
    }
    process = ServerProcess(tmp_path_factory.mktemp("tls-server"), env)
    process.start()
    yield process
    process.stop()


def test_calls_and_bytes_over_tls_with_a_certificate(
    tls_server: ServerProcess, authority: Authority, own: CertificateFiles, tmp_path: Path
) -> None:
    assert tls_server.addr.startswith("https://")
    with modelbox.ModelBox(
        tls_server.addr, ca_file=authority.cert, cert_file=own.cert, key_file=own.key
    ) as box:
        _use(box, tmp_path)


def test_the_files_may_stand_in_the_environment(
    tls_server: ServerProcess,
    authority: Authority,
    own: CertificateFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODELBOX_SERVER_ADDR", tls_server.addr)
    for name, path in (("CA", authority.cert), ("CERT", own.cert), ("KEY", own.key)):
        monkeypatch.setenv(f"MODELBOX_{name}_FILE", str(path))
    with modelbox.ModelBox() as box:
        _use(box, tmp_path)


def test_what_is_wrong_with_certificates_is_said(
    tls_server: ServerProcess, authority: Authority, own: CertificateFiles, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    with modelbox.ModelBox(tls_server.addr, cert_file=own.cert, key_file=own.key) as box:
        with pytest.raises(modelbox.ConnectionFailed, match="ca_file"):
            box.server_info()
    with modelbox.ModelBox(tls_server.addr, ca_file=authority.cert) as box:
        with pytest.raises(modelbox.ConnectionFailed, match="cert_file"):
            box.server_info()
    foreign = other.issue("foreign")
    with modelbox.ModelBox(
        tls_server.addr, ca_file=authority.cert, cert_file=foreign.cert, key_file=foreign.key
    ) as box:
        with pytest.raises(modelbox.ConnectionFailed):
            box.server_info()
    with modelbox.ModelBox(tls_server.addr.replace("https:", "http:")) as box:
        with pytest.raises(modelbox.ModelBoxError, match="https://"):
            box.server_info()
    with modelbox.ModelBox(tls_server.addr, ca_file=tmp_path / "none.pem") as box:
        with pytest.raises(modelbox.SettingsError, match="ca_file"):
            box.server_info()


def test_below_a_path_of_a_gateway(server: ServerProcess, tmp_path: Path) -> None:
    gateway = Gateway(server.addr, "/ml/modelbox")
    try:
        with modelbox.ModelBox(gateway.addr) as box:
            _use_without_watch(box, tmp_path)
        assert len(gateway.paths) > 5
        assert all(path.startswith("/ml/modelbox/") for path in gateway.paths)
        assert any("/v1/" in path for path in gateway.paths)
    finally:
        gateway.close()


def _use_without_watch(box: modelbox.ModelBox, folder: Path) -> None:
    experiment = box.new_experiment("run", namespace=f"networks-{uuid.uuid4().hex[:12]}")
    experiment.new_checkpoint(1, {"large.bin": noise(2, SIZE)})
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert (latest.download(folder / "found") / "large.bin").read_bytes() == noise(2, SIZE)


_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    proxy = ForwardProxy()
    yield proxy
    proxy.close()


def test_calls_and_bytes_go_through_the_proxy_of_the_environment(
    server: ServerProcess, proxy: ForwardProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.addr)
    monkeypatch.setenv("http_proxy", proxy.addr)
    with modelbox.ModelBox(server.addr) as box:
        _use_without_watch(box, tmp_path)
    assert all(line.split()[1].startswith(f"{server.addr}/") for line in proxy.lines)
    paths = {line.split()[1].removeprefix(server.addr).split("/")[1] for line in proxy.lines}
    assert paths >= {"modelbox.v1.ExperimentService", "v1"}


def test_what_is_encrypted_goes_through_a_tunnel_of_the_proxy(
    tls_server: ServerProcess,
    authority: Authority,
    own: CertificateFiles,
    proxy: ForwardProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.addr.replace("http://", "http://me:secret%21@"))
    with modelbox.ModelBox(
        tls_server.addr, ca_file=authority.cert, cert_file=own.cert, key_file=own.key
    ) as box:
        _use_without_watch(box, tmp_path)
    host = tls_server.addr.removeprefix("https://")
    assert len(proxy.lines) >= 2
    assert {line.split()[1] for line in proxy.lines} == {host}
    assert proxy.credentials == {"Basic bWU6c2VjcmV0IQ=="}


def test_no_proxy_names_hosts_that_are_reached_directly(
    server: ServerProcess, proxy: ForwardProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy.addr)
    for hosts in ("example.com,127.0.0.1", f"127.0.0.1:{server.addr.rpartition(':')[2]}"):
        monkeypatch.setenv("NO_PROXY", hosts)
        with modelbox.ModelBox(server.addr) as box:
            _use_without_watch(box, tmp_path / hosts[:3])
        assert proxy.lines == []
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert proxy_for(server.addr) is not None
    with modelbox.ModelBox(server.addr) as box:
        box.server_info()
    assert proxy.lines != []


def test_a_proxy_that_is_of_no_use_is_named(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with modelbox.ModelBox(server.addr) as box:
        with pytest.raises(modelbox.ConnectionFailed, match="no_proxy"):
            box.server_info()
    monkeypatch.setenv("http_proxy", "ftp://127.0.0.1:9")
    with modelbox.ModelBox(server.addr) as box:
        with pytest.raises(modelbox.SettingsError, match="no_proxy"):
            box.server_info()
    with pytest.raises(modelbox.SettingsError, match=r"ftp://127\.0\.0\.1 of the environment"):
        proxy_for(server.addr)
