"""Connections for the bytes of files.

They are those of the standard library: httpx hands a body over in pieces of 64 KiB, which takes several times the
processor time of reading it into the memory where it is wanted.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

from modelbox.errors import ConnectionFailed
from modelbox.transfer.limits import (
    CONNECT_TIMEOUT_SECONDS,
    MAX_IDLE_CONNECTIONS,
    SEND_TIMEOUT_SECONDS,
    STALL_TIMEOUT_SECONDS,
)
from modelbox.transfer.proxy import Proxy, proxy_for

Body: TypeAlias = "bytes | bytearray | memoryview | None"


class BlobPool:
    """Keeps connections for the next request. Threads may share it; after a fork the child gets connections anew."""

    def __init__(self, tls_context: Callable[[], ssl.SSLContext]) -> None:
        """`tls_context` is only called where there is https."""
        self._new_tls_context = tls_context
        self._tls_context: ssl.SSLContext | None = None
        self._is_closed = False
        self._reset()

    @contextmanager
    def request(
        self, method: str, address: str, path: str, headers: Mapping[str, str], body: Body = None
    ) -> Generator[http.client.HTTPResponse]:
        """The answer of a server, whose body is to be read to its end.

        Fails with ConnectionFailed when the connection does, also while the answer is read.
        """
        proxy = proxy_for(address)
        target = urlsplit(address).path.rstrip("/")
        if proxy is not None and address.startswith("http:"):
            # The proxy reads where it is to go. Into what is encrypted it can't look, nor need it.
            target = address.rstrip("/")
            headers = {**headers, **proxy.headers}
        connection, is_used = self._take(address, proxy)
        is_reusable = False
        try:
            try:
                response = _exchange(connection, method, f"{target}{path}", headers, body)
            except (OSError, http.client.HTTPException):
                if not is_used:
                    raise
                # The server may have closed it while it was idle.
                self._drop(connection)
                connection = self._open(address, proxy)
                response = _exchange(connection, method, f"{target}{path}", headers, body)
            yield response
            is_reusable = response.isclosed() and not response.will_close
        except (OSError, http.client.HTTPException) as error:
            raise _failed(address, error) from error
        finally:
            self._give_back(address, connection, is_reusable)

    def end(self) -> None:
        """Ends all requests that are under way, and takes no more; for when a transfer fails elsewhere."""
        with self._lock:
            self._is_closed = True
            busy = list(self._busy)
        for connection in busy:
            _shut_down(connection)
        self.close()

    def close(self) -> None:
        """Closes the connections that are idle."""
        with self._lock:
            idle = [one for connections in self._idle.values() for one in connections]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _take(self, address: str, proxy: Proxy | None) -> tuple[http.client.HTTPConnection, bool]:
        if self._process_id != os.getpid():
            # The connections belong to the parent, which goes on using them; a thread of it may have had the lock.
            self._reset()
        with self._lock:
            idle = self._idle.get(address)
            if idle:
                connection = idle.pop()
                self._busy.add(connection)
                return connection, True
        return self._open(address, proxy), False

    def _reset(self) -> None:
        self._process_id = os.getpid()
        self._lock = threading.Lock()
        self._idle: dict[str, list[http.client.HTTPConnection]] = {}
        self._busy: set[http.client.HTTPConnection] = set()

    def _open(self, address: str, proxy: Proxy | None) -> http.client.HTTPConnection:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        if proxy is not None:
            host, port = proxy.host, proxy.port
        if parts.scheme == "https":
            self._tls_context = self._tls_context or self._new_tls_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=CONNECT_TIMEOUT_SECONDS, context=self._tls_context
            )
            if proxy is not None:
                connection.set_tunnel(parts.hostname or "", parts.port or 443, dict(proxy.headers))
        else:
            connection = http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_SECONDS)
        with self._lock:
            if self._is_closed:
                raise ConnectionFailed(
                    "The transfer was ended.", address=address, maybe_seen=False, is_lasting=True
                )
            self._busy.add(connection)
        return connection

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()

    def _give_back(self, address: str, connection: http.client.HTTPConnection, is_reusable: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            idle = self._idle.setdefault(address, [])
            if is_reusable and not self._is_closed and len(idle) < MAX_IDLE_CONNECTIONS:
                idle.append(connection)
                return
        connection.close()


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Body,
) -> http.client.HTTPResponse:
    sock: socket.socket | None = connection.sock
    if sock is None:
        connection.connect()
        sock = connection.sock
    assert sock is not None
    sock.settimeout(SEND_TIMEOUT_SECONDS)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses a body may say why before it hangs up.
        if body is None:
            raise
        return connection.getresponse()
    response = connection.getresponse()
    sock.settimeout(STALL_TIMEOUT_SECONDS)
    return response


def _shut_down(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if sock is None:
        return
    # It may have been closed meanwhile.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _failed(address: str, error: BaseException) -> ConnectionFailed:
    if isinstance(error, TimeoutError):
        what = "sent nothing for too long"
    elif isinstance(error, ConnectionRefusedError):
        what = "refuses connections: is the server running?"
    elif isinstance(error, ssl.SSLError):
        return ConnectionFailed(
            f"{address} can't be trusted ({error}); check ca_file and the address.",
            address=address,
            maybe_seen=False,
            is_lasting=isinstance(error, ssl.SSLCertVerificationError),
        )
    else:
        what = f"broke off ({type(error).__name__})"
    return ConnectionFailed(
        f"The connection to {address} {what}; check the network and the address, then try again.",
        address=address,
        maybe_seen=not isinstance(error, ConnectionRefusedError),
    )
