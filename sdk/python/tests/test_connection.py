import os
import pickle
import socket
import time

import pytest
from server_process import ServerProcess

import modelbox
from modelbox._gen.methods import NamespaceService, ServerInfoService
from modelbox._gen.namespace_service_pb2 import CreateNamespaceRequest, GetNamespaceRequest
from modelbox._gen.server_info_service_pb2 import GetServerInfoRequest
from modelbox.connection import Connection


def test_a_call_is_answered(box: modelbox.ModelBox) -> None:
    info = box.connection.server_info()
    assert info.version
    assert "metadata" in info.roles
    assert box.connection.blob_addresses() == (box.connection.base_url,)


def test_an_error_of_the_server_is_its_class_with_the_reason(box: modelbox.ModelBox) -> None:
    with pytest.raises(modelbox.NotFound, match="nobody-made-this") as caught:
        box.connection.call(NamespaceService.GetNamespace, GetNamespaceRequest(namespace="nobody-made-this"))
    assert caught.value.reason == "NOT_FOUND"
    assert caught.value.request_id


def test_an_error_names_the_fields_that_are_wrong(box: modelbox.ModelBox) -> None:
    with pytest.raises(modelbox.InvalidArgument) as caught:
        box.connection.call(NamespaceService.CreateNamespace, CreateNamespaceRequest(name="a b"))
    assert [violation.field for violation in caught.value.field_violations] == ["name"]


def test_an_error_survives_pickling(box: modelbox.ModelBox) -> None:
    with pytest.raises(modelbox.NotFound) as caught:
        box.connection.call(NamespaceService.GetNamespace, GetNamespaceRequest(namespace="nobody-made-this"))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is modelbox.NotFound
    assert str(copy) == str(caught.value)
    assert copy.reason == "NOT_FOUND"
    assert dict(copy.metadata) == dict(caught.value.metadata)


def test_a_wrong_address_is_told_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        started = time.monotonic()
        with (
            modelbox.ModelBox(f"127.0.0.1:{port}") as box,
            pytest.raises(modelbox.ConnectionFailed, match=f"Nothing listens at http://127.0.0.1:{port}"),
        ):
            box.connection.server_info()
        assert time.monotonic() - started < 1


def test_calls_wait_for_a_server_that_starts_again(own_server: ServerProcess) -> None:
    with modelbox.ModelBox(own_server.addr) as box:
        box.connection.server_info()
        own_server.kill()
        child = os.fork() if hasattr(os, "fork") else -1
        if child == 0:
            os._exit(0)
        own_server.start()
        assert box.connection.server_info(refresh=True).version


def test_a_child_of_a_fork_has_connections_of_its_own(box: modelbox.ModelBox) -> None:
    box.connection.server_info()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if _version(box.connection) else 2
        finally:
            os._exit(status)
    versions = {_version(box.connection) for _ in range(20)}
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(versions) == 1


def _version(connection: Connection) -> str:
    return connection.call(ServerInfoService.GetServerInfo, GetServerInfoRequest()).version


def test_an_impatient_connection_has_the_same_token_and_sockets(server_token_box: modelbox.ModelBox) -> None:
    connection = server_token_box.connection
    twin = connection.impatient(timeout_seconds=5, max_attempts=2, transfer_patience_seconds=1)
    assert twin.settings == connection.settings
    assert twin._pool is connection._pool
    assert twin.server_info(refresh=True).version
