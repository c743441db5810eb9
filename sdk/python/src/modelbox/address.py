"""How the address of a server is written."""

import re
from urllib.parse import urlsplit

from modelbox.errors import InvalidInput

DEFAULT_PORT = 8085
"""Where a server listens when nobody says otherwise; used for an address without scheme and port."""
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PORT = re.compile(r":\d+$")


def parse_address(address: str) -> str:
    """The base URL without a slash at the end.

    `address` is `host:port`, `host` (port 8085), `http://host:port` or `https://host`. A path stays: a reverse proxy
    may serve ModelBox below one. Raises `InvalidInput`.
    """
    trimmed = address.strip()
    complete = trimmed if _SCHEME.match(trimmed) else f"http://{_with_port(trimmed)}"
    try:
        parts = urlsplit(complete)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        raise _wrong(address, "it is no address") from None
    if not parts.hostname or re.search(r"[\s\\]", complete):
        raise _wrong(address, "it is no address")
    if parts.scheme not in ("http", "https"):
        raise _wrong(address, "only http:// and https:// are served")
    if parts.username is not None or parts.password is not None:
        raise _wrong(re.sub(r"//.*@", "//…@", address), "it must not hold credentials")
    if parts.query or parts.fragment:
        raise _wrong(address, "it must not have ? or #")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL: who gets what is sent there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _with_port(address: str) -> str:
    return address if _PORT.search(address) or "/" in address else f"{address}:{DEFAULT_PORT}"


def _wrong(address: str, why: str) -> InvalidInput:
    return InvalidInput(
        f'The server address "{address}" can\'t be used: {why}. Write it as http://127.0.0.1:{DEFAULT_PORT}.'
    )
