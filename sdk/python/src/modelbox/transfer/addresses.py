"""The base addresses of the blob routes."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from modelbox.errors import ConnectionFailed, ModelBoxError
from modelbox.retry import is_transient

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0

T = TypeVar("T")


class _Address:
    def __init__(self, url: str) -> None:
        self.url = url
        self.failures = 0
        """Since it last worked; 0 while it does."""
        self.use_again_at = 0.0


class BlobAddresses:
    """Work is spread over them.

    One that fails is left out for a while, and what failed there goes to the next at once.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._addresses = [_Address(url) for url in dict.fromkeys(urls)]
        self._lock = threading.Lock()
        self._next = 0

    @property
    def are_local(self) -> bool:
        """Whether all are of this machine."""
        return all(_is_loopback(address.url) for address in self._addresses)

    def use(self, work: Callable[[str], T]) -> T:
        """Does the work with one address, and with another where it is the address that fails.

        Raises the last failure when all have failed.
        """
        left = len(self._addresses)
        while True:
            address = self._take()
            try:
                result = work(address.url)
            except ModelBoxError as error:
                left -= 1
                if not _is_at_fault(error):
                    raise
                self._pause(address)
                if left <= 0:
                    raise
            else:
                address.failures = 0
                return result

    def _take(self) -> _Address:
        """The next one of those that work; of all when none does."""
        now = time.monotonic()
        with self._lock:
            working = [one for one in self._addresses if one.failures == 0 or now >= one.use_again_at]
            choice = working or self._addresses
            address = choice[self._next % len(choice)]
            self._next += 1
            return address

    def _pause(self, address: _Address) -> None:
        with self._lock:
            now = time.monotonic()
            # Of many requests that fail together the first one counts.
            if now < address.use_again_at:
                return
            pause = min(_FIRST_PAUSE_SECONDS * 2.0**address.failures, _LONGEST_PAUSE_SECONDS)
            address.failures += 1
            address.use_again_at = now + pause


def _is_at_fault(error: ModelBoxError) -> bool:
    """Whether another address may do better."""
    return isinstance(error, ConnectionFailed) or (is_transient(error) and error.reason != "NO_ROOM")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
