"""The proxy that the environment names, as for calls: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, and `NO_PROXY`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from modelbox.errors import SettingsError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proxy:
    """Whom requests go through."""

    host: str
    port: int
    headers: Mapping[str, str]
    """Who this is, where the address of the proxy says so."""


def proxy_for(address: str) -> Proxy | None:
    """The proxy for an address; `None` where there is none. Raises `SettingsError` for one that can't be used."""
    parts = urlsplit(address)
    if not parts.hostname or proxy_bypass(f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 80)}"):
        return None
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all")
    if not named:
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        shown = f"{proxy.scheme}://{proxy.hostname}"
        raise SettingsError(
            f"Files can't be moved through the proxy {shown} of the environment; name one with http://, or add "
            f"{parts.hostname} to no_proxy."
        )
    headers: dict[str, str] = {}
    if proxy.username is not None:
        credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return Proxy(proxy.hostname, proxy.port or 80, headers)
