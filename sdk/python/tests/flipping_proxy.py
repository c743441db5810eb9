"""Stands between a client and a server, and damages what passes."""

import contextlib
import socket
import threading
from collections.abc import Callable


class FlippingProxy:
    """Forwards connections; `damage` gets what the server sends, piece by piece, and returns what arrives."""

    def __init__(self, server_addr: str, damage: Callable[[bytes], bytes]) -> None:
        host, _, port = server_addr.removeprefix("http://").partition(":")
        self._server = (host, int(port))
        self._damage = damage
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.addr = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for source, target, change in ((client, server, _unchanged), (server, client, self._damage)):
                threading.Thread(target=_pump, args=(source, target, change), daemon=True).start()


def _unchanged(data: bytes) -> bytes:
    return data


def _pump(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(change(data))
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
