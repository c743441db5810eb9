"""The entry: a ModelBox server, by its address."""

import os
from types import TracebackType

from modelbox.connection import DEFAULT_TIMEOUT_SECONDS, Connection
from modelbox.settings import load_settings


class ModelBox:
    """A ModelBox server.

    Without arguments it is the one that the environment (`MODELBOX_SERVER_ADDR`, `MODELBOX_TOKEN`, …) or the client's
    file (`modelbox client init-config` writes it) names, else one on this machine. Nothing is sent before the first
    call. Safe in any number of threads and after a fork.
    """

    def __init__(
        self,
        addr: str | None = None,
        token: str | None = None,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        config_path: str | os.PathLike[str] | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        settings = load_settings(
            addr=addr,
            token=token,
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
            config_path=config_path,
        )
        self.connection = Connection(settings, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Ends the connections."""
        self.connection.close()

    def __enter__(self) -> "ModelBox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ModelBox({self.connection.base_url!r})"
