"""A proxy as companies have them: it is asked for absolute addresses, and for tunnels."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

_MAX_HEAD_BYTES = 64 << 10


class ForwardProxy:
    """Serves one request of each connection, which then belongs to both ends."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        """The first line of each request."""
        self.credentials: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.addr = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # So that who waits for a connection hears of it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        head = bytearray()
        while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD_BYTES:
            piece = client.recv(1 << 16)
            if not piece:
                client.close()
                return
            head += piece
        first, _, rest = bytes(head).partition(b"\r\n")
        method, target, _ = first.decode().split()
        self.lines.append(first.decode())
        for line in rest.split(b"\r\n"):
            if line.lower().startswith(b"proxy-authorization: "):
                self.credentials.add(line.partition(b": ")[2].decode())
        host, _, port = (target if method == "CONNECT" else urlsplit(target).netloc).partition(":")
        server = socket.create_connection((host, int(port)))
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            path = target.partition(urlsplit(target).netloc)[2]
            # For one request, so that the next one is seen too.
            lines = [line for line in rest.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            server.sendall(b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), b"Connection: close", *lines]))
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()
        client.close()
        server.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
