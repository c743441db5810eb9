"""What a request that got no answer means, in a sentence that says what to do."""

import os
import socket
import ssl

import httpx

from modelbox.errors import ConnectionFailed

_UNSEEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
"""No connection came about: the server can't have seen the request."""


def error_of_failure(
    error: httpx.HTTPError, *, address: str, is_server: bool, has_answered: bool
) -> ConnectionFailed:
    """`address` is whom the request went to; `is_server` is false for another address that the server has named."""
    advice = (
        "check server_addr"
        if is_server
        else "whoever runs the server must look after that one, or correct public_blob_addrs"
    )
    cause = _root(error)
    return ConnectionFailed(
        _describe(error, cause, address, is_server, advice, has_answered) + _proxy_hint(),
        address=address,
        maybe_seen=not isinstance(error, _UNSEEN),
        is_lasting=isinstance(cause, ssl.SSLError) or _speaks_no_http(error, has_answered),
    )


def _describe(
    error: httpx.HTTPError,
    cause: BaseException,
    address: str,
    is_server: bool,
    advice: str,
    has_answered: bool,
) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _describe_certificate(cause, address)
    if isinstance(cause, ssl.SSLError):
        return (
            f"{address} doesn't speak TLS, or not with this client; write server_addr with http:// instead of "
            "https://, or set cert_file and key_file if the server wants a certificate."
        )
    if isinstance(cause, socket.gaierror):
        return f"The host of {address} is not known; {advice}."
    if isinstance(cause, ConnectionRefusedError):
        start = "start the server with `modelbox server start`, or " if is_server else ""
        return f"Nothing listens at {address}; {start}{advice}."
    if isinstance(error, httpx.ConnectTimeout):
        return f"Nobody answers at {address}; {advice}, and look at the network."
    if isinstance(error, httpx.TimeoutException):
        return f"{address} did not answer in time; check that the server is well, then try again."
    if _speaks_no_http(error, has_answered):
        return (
            f"What listens at {address} is no HTTP/1.1 server; give listen_addr, not grpc_listen_addr, "
            "as server_addr."
        )
    if isinstance(error, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        if address.startswith("http:") and not has_answered:
            return (
                f"{address} closed the connection without an answer; if the server speaks TLS, write server_addr "
                "with https://."
            )
        return f"The connection to {address} was lost; check that the server is running, then try again."
    return f"{address} can't be reached ({cause or error}); {advice}, and look at the network."


def _speaks_no_http(error: httpx.HTTPError, has_answered: bool) -> bool:
    is_foreign = isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error)
    return is_foreign and not has_answered


def _describe_certificate(cause: ssl.SSLCertVerificationError, address: str) -> str:
    if cause.verify_code == 10:
        return f"The certificate of {address} has expired; whoever runs the server must renew it."
    if cause.verify_code in (62, 64):
        return f"The certificate of {address} is for another name; write server_addr with a name that stands in it."
    return (
        f"The certificate of {address} is signed by nobody whom this machine trusts; set ca_file (or "
        "MODELBOX_CA_FILE) to its authority's certificate."
    )


def _root(error: BaseException) -> BaseException:
    """The error of the system that httpx wraps; not what the program was busy with when that came."""
    below = error.__cause__ or error.__context__
    return error if below is None or isinstance(error, OSError) else _root(below)


def _proxy_hint() -> str:
    if os.environ.get("http_proxy") or os.environ.get("HTTP_PROXY"):
        return " (http_proxy is set: add the server's host to no_proxy if it must not be used.)"
    return ""
