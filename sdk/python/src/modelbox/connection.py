"""Calls to one server: Connect over HTTP with binary messages, typed errors, request ids and retries."""

import ssl
import uuid
import weakref
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
from google.protobuf.message import DecodeError

from modelbox._gen.methods import ServerInfoService
from modelbox._gen.server_info_service_pb2 import GetServerInfoRequest, GetServerInfoResponse
from modelbox.address import origin_of
from modelbox.answer_errors import MAX_ERROR_BYTES, REQUEST_ID_HEADER, error_of_answer, not_a_server
from modelbox.errors import ConnectionFailed, InvalidInput, ModelBoxError, Unimplemented
from modelbox.http_errors import error_of_failure
from modelbox.http_pool import HttpPool
from modelbox.message_stream import MessageStream, envelope
from modelbox.method import Method, RequestT, ResponseT, StreamMethod
from modelbox.retry import MAX_ATTEMPTS, TRANSFER_PATIENCE_SECONDS, is_transient, with_retry
from modelbox.settings import Settings, load_settings
from modelbox.version import VERSION

if TYPE_CHECKING:
    from modelbox.saving.saver import Savers

DEFAULT_TIMEOUT_SECONDS = 60.0
MAX_MESSAGE_BYTES = 160 * 1024 * 1024
"""Largest message that is read; that of the server."""
_COMMIT_TIMEOUT_FACTOR = 10
_IMPATIENT_COMMIT_TIMEOUT_FACTOR = 4
_CONNECT_TIMEOUT_SECONDS = 5.0
_FIRST_CONNECT_TIMEOUT_SECONDS = 0.45
"""Until the server has answered once: tried twice, so that a wrong address is told within a second."""
_VERSION_TIMEOUT_SECONDS = 1.0


class Connection:
    """Whom calls go to. Nothing is sent before the first call.

    Safe in any number of threads, and after a fork: a child has sockets of its own. A pickled connection leaves its
    token out, and takes that of the environment or the client's file where it is unpickled.

    Everything that goes wrong is a `ModelBoxError`.
    """

    def __init__(self, settings: Settings, *, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.settings = settings
        self.timeout_seconds = timeout_seconds
        self.has_answered = False
        """True once the server has answered: from then on a refused connection is worth another try."""
        self.transfer_patience_seconds = TRANSFER_PATIENCE_SECONDS
        """For how long at least calls are tried again while files are moved."""
        self._max_attempts = MAX_ATTEMPTS
        self._commit_timeout_factor = _COMMIT_TIMEOUT_FACTOR
        self._retries_timeouts = True
        self._pool = HttpPool(settings)
        self._trusted = {origin_of(settings.server_addr)}
        self._transfers: set[object] = set()
        self._info: GetServerInfoResponse | None = None
        self._savers: Savers | None = None
        self._streams: weakref.WeakSet[MessageStream[Any]] = weakref.WeakSet()

    @property
    def savers(self) -> "Savers":
        """What saves states over it in the background."""
        if self._savers is None:
            from modelbox.saving.saver import Savers

            self._savers = Savers()
        return self._savers

    def flush(self) -> None:
        """Waits until what is saved in the background is durable. Raises what failed of it."""
        if self._savers is not None:
            self._savers.flush()

    @property
    def base_url(self) -> str:
        """Address of the server, without a slash at the end."""
        return self.settings.server_addr

    def impatient(
        self, *, timeout_seconds: float, max_attempts: int, transfer_patience_seconds: float
    ) -> "Connection":
        """The same server and the same sockets, for whoever has something better to do than to wait for long.

        `max_attempts` counts the tries of a call, the first one included; one that was not answered within
        `timeout_seconds`, four times that for commits of files, is the last.
        """
        # Not copy.copy: that would go by __reduce__, which leaves the token out and opens sockets of its own.
        twin = Connection.__new__(Connection)
        twin.__dict__.update(self.__dict__)
        twin.timeout_seconds = timeout_seconds
        twin.transfer_patience_seconds = transfer_patience_seconds
        twin._max_attempts = max_attempts
        twin._commit_timeout_factor = _IMPATIENT_COMMIT_TIMEOUT_FACTOR
        twin._retries_timeouts = False
        twin._transfers = set()
        return twin

    def tls_context(self) -> ssl.SSLContext:
        """For https connections that are made elsewhere."""
        return self._pool.tls_context()

    def call(
        self, method: Method[RequestT, ResponseT], request: RequestT, *, timeout_seconds: float | None = None
    ) -> ResponseT:
        """Calls the method, and tries again where that can't repeat an effect.

        A `request_id` that is not set is, so that the server answers a repeated call with its first answer;
        `request` itself is left alone. `timeout_seconds` is for each try.
        """
        message = _with_request_id(method, request).SerializeToString()
        limit = timeout_seconds or self.timeout_seconds * (
            self._commit_timeout_factor if method.commits_files else 1
        )
        is_repeatable = method.is_repeatable
        timeouts = 0

        def should_retry(error: ModelBoxError) -> bool:
            nonlocal timeouts
            if not is_transient(error):
                return False
            if isinstance(error, ConnectionFailed) and not error.maybe_seen:
                # Nobody waits for a server that was never there; but a packet may have been lost.
                timeouts += isinstance(error.__cause__, httpx.ConnectTimeout)
                return self.has_answered or timeouts == 1
            is_timeout = isinstance(error.__cause__, httpx.ReadTimeout)
            return is_repeatable and (self._retries_timeouts or not is_timeout)

        return with_retry(
            lambda: self._call_once(method, message, limit),
            should_retry,
            patience_seconds=self.patience_seconds,
            max_attempts=self._max_attempts,
        )

    def stream(
        self, method: StreamMethod[RequestT, ResponseT], request: RequestT, *, silence_seconds: float
    ) -> MessageStream[ResponseT]:
        """Opens a stream of messages, which fails when nothing comes for `silence_seconds`. It is not tried again."""
        url, request_id = self.base_url + method.path, str(uuid.uuid4())
        headers = {
            "content-type": "application/connect+proto",
            "connect-protocol-version": "1",
            REQUEST_ID_HEADER: request_id,
        }
        opened = self._send(
            "POST",
            url,
            headers=headers,
            content=envelope(request.SerializeToString()),
            silence_seconds=silence_seconds,
        )
        content_type = opened.headers.get("content-type", "")
        if opened.status_code != 200 or content_type != "application/connect+proto":
            try:
                raise self._error_of(opened, url, request_id, method.name)
            finally:
                opened.close()

        def to_error(problem: Exception | str) -> ModelBoxError:
            if isinstance(problem, httpx.HTTPError):
                return self._failure(problem, url)
            return not_a_server(self.base_url, str(problem))

        messages = MessageStream(
            opened, method.response_type, max_message_bytes=MAX_MESSAGE_BYTES, to_error=to_error
        )
        self._streams.add(messages)
        return messages

    @contextmanager
    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | memoryview | Iterator[bytes] | None = None,
        silence_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        outside: bool = False,
    ) -> Generator[httpx.Response, None, None]:
        """Sends a plain HTTP request, once, and gives the answer, the body of which is not read yet.

        `url` is absolute, or a path of the server. Any status is a success here: see `error_of`. What fails while the
        body is read within the `with` is a `ConnectionFailed` too. With `outside`, for signed addresses of an object
        store, nothing goes with the request but what is given here.
        """
        absolute = self.base_url + url if url.startswith("/") else url
        response = self._send(
            method,
            absolute,
            headers=headers,
            content=content,
            silence_seconds=silence_seconds,
            outside=outside,
        )
        try:
            yield response
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise self._failure(error, absolute) from error
        finally:
            response.close()

    def error_of(self, response: httpx.Response) -> ModelBoxError:
        """What an answer of `http` that is no success means; reads its body."""
        return self._error_of(response, str(response.url), "", "")

    def server_info(self, *, refresh: bool = False) -> GetServerInfoResponse:
        """Version, addresses and limits of the server; asked for once."""
        if self._info is None or refresh:
            info = self.call(ServerInfoService.GetServerInfo, GetServerInfoRequest())
            for address in info.blob_addrs:
                self.trust(address)
            self._info = info
        return self._info

    def blob_addresses(self) -> tuple[str, ...]:
        """Base addresses of the routes for bytes, at least one; any of them takes and has everything."""
        return tuple(address.rstrip("/") for address in self.server_info().blob_addrs) or (self.base_url,)

    def trust(self, address: str) -> None:
        """Lets an address that the server has named see the token too."""
        is_secret = self.settings.token != "" and self.base_url.startswith("https:")
        if is_secret and not address.startswith("https:"):
            raise InvalidInput(
                f"The server sends files over {address}, where others could read the token; whoever runs it must "
                "give public_blob_addrs with https://."
            )
        self._trusted.add(origin_of(address))

    @property
    def patience_seconds(self) -> float:
        """How long calls are tried again at least: long while files are moved, so that a restart does not end that."""
        return self.transfer_patience_seconds if self._transfers else 0.0

    @contextmanager
    def transfer(self) -> Generator[None, None, None]:
        """Within it, calls are patient."""
        token = object()
        self._transfers.add(token)
        try:
            yield
        finally:
            self._transfers.discard(token)

    def close(self) -> None:
        """Ends the connections and streams; later calls raise `InvalidInput`."""
        for stream in list(self._streams):
            # Whoever waits for a message is not woken by the end of the connection.
            stream.close()
        self._pool.close()

    def __reduce__(self) -> tuple[object, ...]:
        return (_unpickled, (replace(self.settings, token=""), self.timeout_seconds))

    def _call_once(
        self, method: Method[RequestT, ResponseT], message: bytes, limit_seconds: float
    ) -> ResponseT:
        url, request_id = self.base_url + method.path, str(uuid.uuid4())
        headers = {
            "content-type": "application/proto",
            "connect-protocol-version": "1",
            "connect-timeout-ms": str(int(limit_seconds * 1000)),
            REQUEST_ID_HEADER: request_id,
        }
        with self.http(
            "POST", url, headers=headers, content=message, silence_seconds=limit_seconds
        ) as response:
            if response.status_code != 200:
                raise self._error_of(response, url, request_id, method.name)
            body = response.read()
        if response.headers.get("content-type") != "application/proto":
            raise not_a_server(self.base_url, f"content type {response.headers.get('content-type', 'none')}")
        answer = method.response_type()
        try:
            answer.ParseFromString(body)
        except DecodeError:
            raise not_a_server(self.base_url, "a message that can't be understood") from None
        return answer

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        content: bytes | memoryview | Iterator[bytes] | None,
        silence_seconds: float,
        outside: bool = False,
    ) -> httpx.Response:
        client = self._pool.client()
        all_headers = dict(headers or {})
        if not outside:
            all_headers.setdefault(REQUEST_ID_HEADER, str(uuid.uuid4()))
            all_headers["user-agent"] = f"modelbox-python/{VERSION}"
            if self.settings.token and origin_of(url) in self._trusted:
                all_headers["authorization"] = f"Bearer {self.settings.token}"
        # Chunks don't compress.
        all_headers["accept-encoding"] = "identity"
        timeout = httpx.Timeout(silence_seconds, connect=self._connect_timeout(silence_seconds))
        try:
            request = client.build_request(
                method,
                url,
                headers=all_headers,
                content=bytes(content) if isinstance(content, memoryview) else content,
                timeout=timeout,
            )
            response = client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise self._failure(error, url) from error
        if not outside:
            self.has_answered = True
        return response

    def _connect_timeout(self, limit_seconds: float) -> float:
        usual = _CONNECT_TIMEOUT_SECONDS if self.has_answered else _FIRST_CONNECT_TIMEOUT_SECONDS
        return min(usual, limit_seconds)

    def _failure(self, error: Exception, url: str) -> ModelBoxError:
        is_server = url == self.base_url or url.startswith(f"{self.base_url}/")
        if not isinstance(error, httpx.HTTPError):
            error = httpx.ReadError(str(error))
        return error_of_failure(
            error,
            address=self.base_url if is_server else origin_of(url),
            is_server=is_server,
            has_answered=self.has_answered,
        )

    def _error_of(self, response: httpx.Response, url: str, request_id: str, method: str) -> ModelBoxError:
        body = bytearray()
        for piece in response.iter_raw(MAX_ERROR_BYTES):
            body += piece
            if len(body) > MAX_ERROR_BYTES:
                break
        address = self.base_url if url.startswith(self.base_url) else origin_of(url)
        error = error_of_answer(
            response.status_code, response.headers, bytes(body), address=address, request_id=request_id
        )
        if isinstance(error, Unimplemented) and method:
            if method == ServerInfoService.GetServerInfo.name:
                # Every server knows it; perhaps the address has a path too many.
                return not_a_server(self.base_url, f"{method} is not known there")
            return self._unknown_method(error, method)
        return error

    def _unknown_method(self, error: ModelBoxError, method: str) -> ModelBoxError:
        """Says which of the two is too old."""
        try:
            info = self._call_once(
                ServerInfoService.GetServerInfo,
                GetServerInfoRequest().SerializeToString(),
                _VERSION_TIMEOUT_SECONDS,
            )
        except ModelBoxError:
            return not_a_server(self.base_url, f"{method} is not known there")
        is_older = _numbers(info.version) <= _numbers(VERSION)
        advice = (
            "it is older than this package: update the server"
            if is_older
            else "it is newer than this package: run `pip install --upgrade modelbox`"
        )
        return Unimplemented(
            f"The server at {self.base_url} (version {info.version}) does not know {method}; {advice} "
            f"(modelbox {VERSION}).",
            reason=error.reason,
            metadata={**error.metadata, "server_version": info.version, "package_version": VERSION},
            request_id=error.request_id,
        )


def _with_request_id(method: Method[RequestT, ResponseT], request: RequestT) -> RequestT:
    if not method.takes_request_id or getattr(request, "request_id", ""):
        return request
    copy = method.request_type()
    copy.CopyFrom(request)
    setattr(copy, "request_id", str(uuid.uuid4()))  # noqa: B010 - only some messages have it
    return copy


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split(".") if part.isdigit())


def _unpickled(settings: Settings, timeout_seconds: float) -> Connection:
    return Connection(replace(settings, token=load_settings().token), timeout_seconds=timeout_seconds)
