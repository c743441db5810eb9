"""The built executable as a server, on ports of its own and in a folder of its own."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
_START_SECONDS = 60.0
_END_SECONDS = 30.0


def executable() -> Path:
    """`MODELBOX_EXECUTABLE`, or the one that the checkout has built."""
    path = Path(os.environ.get("MODELBOX_EXECUTABLE") or REPOSITORY / "dist" / "modelbox")
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}; run `bun scripts/build.ts`.")
    return path


class ServerProcess:
    """`modelbox server start`. After `kill` and `start` it has the same data and the same address."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.addr = ""
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        port = self.addr.rpartition(":")[2] or "0"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MODELBOX_")}
        environment |= {
            "MODELBOX_LISTEN_ADDR": f"127.0.0.1:{port}",
            "MODELBOX_GRPC_LISTEN_ADDR": "127.0.0.1:0",
            "MODELBOX_LOG_FORMAT": "json",
            **self._env,
        }
        log = self.folder / f"server-{time.monotonic_ns()}.log"
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [executable(), "server", "start"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        ends_at = time.monotonic() + _START_SECONDS
        while time.monotonic() < ends_at:
            if self._process.poll() is not None:
                raise RuntimeError(f"The server ended: {log.read_text()}")
            self.addr = _address_in(log) or self.addr
            if self.addr and _answers(self.addr):
                return
            time.sleep(0.02)
        raise TimeoutError(f"The server does not answer: {log.read_text()}")

    def kill(self) -> None:
        """As a crash: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does: SIGTERM, and it drains."""
        self._end(signal.SIGTERM)

    def command(self, *arguments: str) -> str:
        """What another command of the executable prints, run in the server's folder."""
        done = subprocess.run(
            [executable(), *arguments],
            cwd=self.folder,
            env={**os.environ, "MODELBOX_SERVER_ADDR": self.addr, **self._env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_END_SECONDS,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_END_SECONDS)
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None


def _address_in(log: Path) -> str:
    for line in log.read_text().splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        for value in fields.values():
            if isinstance(value, str) and value.startswith(("http://127.0.0.1:", "https://127.0.0.1:")):
                return value
    return ""


def _answers(addr: str) -> bool:
    if addr.startswith("https:"):
        # It may want a certificate. What it says once it listens is that it is ready.
        return True
    try:
        return httpx.get(f"{addr}/readyz", timeout=1.0).status_code == 200
    except httpx.HTTPError:
        return False
