"""Kept-alive HTTP connections that survive a fork, and go to any thread."""

import ssl
import threading

import certifi
import httpx

from modelbox.errors import InvalidInput, SettingsError
from modelbox.forked import watch_forks
from modelbox.settings import Settings

_MAX_CONNECTIONS = 100
_MAX_IDLE_CONNECTIONS = 32
_IDLE_SECONDS = 30.0


class HttpPool:
    """One httpx client for each process.

    A child of a fork must not write to the sockets of its parent: it gets a client of its own, and leaves the other
    alone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reset()
        self._is_closed = False
        self._inherited: list[httpx.Client] = []
        watch_forks(self)

    def client(self) -> httpx.Client:
        """The client of this process; raises `InvalidInput` after `close`."""
        with self._lock:
            if self._is_closed:
                raise InvalidInput("This ModelBox is closed; make a new one.")
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> httpx.Client:
        context = self.tls_context()
        try:
            return httpx.Client(
                verify=context,
                timeout=None,
                limits=httpx.Limits(
                    max_connections=_MAX_CONNECTIONS,
                    max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
                    keepalive_expiry=_IDLE_SECONDS,
                ),
            )
        except (ImportError, ValueError) as error:
            raise SettingsError(
                f"A proxy that the environment names can't be used ({error}); correct it, or set no_proxy."
            ) from error

    def close(self) -> None:
        """Ends all connections of this process."""
        with self._lock:
            self._is_closed = True
            if self._client is not None:
                self._client.close()
            self._client = None

    def after_fork(self) -> None:
        """In the child: the lock may have been held by a thread that is not here any more."""
        if self._client is not None:
            self._inherited.append(self._client)
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def tls_context(self) -> ssl.SSLContext:
        """Whom to trust with https, and who this client is."""
        settings = self._settings
        try:
            context = ssl.create_default_context(cafile=settings.ca_file)
            if settings.ca_file is not None:
                # Since 3.13 Python refuses what small authorities make, and all other clients take: certificates that
                # don't name the key of their authority.
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            elif context.cert_store_stats()["x509_ca"] == 0:
                # Pythons that were installed apart from their system find no authorities there.
                context.load_verify_locations(certifi.where())
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"ca_file: {settings.ca_file} can't be used ({error}); name a PEM file."
            ) from error
        if settings.cert_file is not None:
            try:
                context.load_cert_chain(settings.cert_file, settings.key_file)
            except (OSError, ssl.SSLError) as error:
                raise SettingsError(
                    f"cert_file {settings.cert_file} and key_file {settings.key_file} can't be used ({error}); "
                    "name PEM files that belong together."
                ) from error
        return context
