"""The routes for the bytes of files. Every request may be sent again without harm, and is, while that may help."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

from modelbox.errors import ConnectionFailed, CorruptData, InternalError, ModelBoxError, UnknownError
from modelbox.retry import TRANSFER_PATIENCE_SECONDS, is_transient, with_retry
from modelbox.transfer.addresses import BlobAddresses
from modelbox.transfer.blob_pool import BlobPool, Body
from modelbox.transfer.limits import CORRUPT_ATTEMPTS, MAX_ERROR_BYTES

_PARTIAL_CONTENT = 206

T = TypeVar("T")

ToError = Callable[[str, str, int, Mapping[str, str], bytes], ModelBoxError]
"""Makes the error of an answer: what was asked, the address, the status, headers and body."""


@dataclass(frozen=True)
class PostedChunk:
    """What the server says of a chunk that was sent without its digest."""

    sha256: str
    exists: bool
    """It was there already."""


class BlobClient:
    """Sends and fetches bytes; threads may share it."""

    def __init__(
        self,
        pool: BlobPool,
        addresses: BlobAddresses,
        *,
        headers: Mapping[str, str],
        to_error: ToError,
        patience_seconds: float = TRANSFER_PATIENCE_SECONDS,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.addresses = addresses
        self._pool = pool
        self._headers = headers
        self._to_error = to_error
        self._patience_seconds = patience_seconds
        self._wait = wait

    def put_chunk(self, lease_id: str, sha256: str, data: memoryview) -> None:
        """Sends a chunk by its SHA-256."""

        def attempt(address: str) -> None:
            with self._ask("PUT", address, f"/v1/chunks/{sha256}", _sending(lease_id), data) as response:
                response.read()

        self._retry(attempt)

    def post_chunk(self, lease_id: str, data: memoryview, xxh3: str | None) -> PostedChunk:
        """Sends a chunk without its SHA-256. Fails with the reason NO_ROOM when it is to be sent with it."""

        def attempt(address: str) -> PostedChunk:
            headers = _sending(lease_id) if xxh3 is None else {**_sending(lease_id), "ModelBox-XXH3": xxh3}
            with self._ask("POST", address, "/v1/chunks", headers, data) as response:
                answer = _json(address, response)
            sha256, exists = answer.get("sha256"), answer.get("exists")
            if not isinstance(sha256, str) or not isinstance(exists, bool):
                raise _bad_answer(address)
            return PostedChunk(sha256, exists)

        return self._retry(attempt, lambda error: error.reason != "NO_ROOM" and _is_worth_another_try(error))

    def post_pack(self, lease_id: str, pack: bytes | bytearray) -> int:
        """Sends many small chunks, see packs.py. Returns how many of them the server had."""

        def attempt(address: str) -> int:
            with self._ask("POST", address, "/v1/packs", _sending(lease_id), pack) as response:
                answer = _json(address, response)
            existing = answer.get("existing")
            if not isinstance(existing, int):
                raise _bad_answer(address)
            return existing

        return self._retry(attempt)

    def get_ranges(
        self, file_id: str, offset: int, targets: Iterator[tuple[memoryview, Callable[[], None]]]
    ) -> None:
        """Fetches neighbouring ranges of a file, one after the other, with one request as long as nothing fails.

        Each target is the memory for the next range and what checks it, which may raise CorruptData. Goes on after
        the last range that was right.
        """
        waiting = list(targets)
        done = 0
        corruptions = 0

        def attempt(address: str) -> None:
            nonlocal done, offset
            length = sum(len(target) for target, _ in waiting[done:])
            if length == 0:
                return
            headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
            with self._ask("GET", address, f"/v1/files/{file_id}", headers) as response:
                if response.status != _PARTIAL_CONTENT:
                    raise _bad_answer(address)
                while done < len(waiting):
                    target, check = waiting[done]
                    _fill(address, response, target)
                    check()
                    done += 1
                    offset += len(target)
                response.read()

        def should_retry(error: ModelBoxError) -> bool:
            nonlocal corruptions
            if not isinstance(error, CorruptData):
                return _is_worth_another_try(error)
            corruptions += 1
            return corruptions < CORRUPT_ATTEMPTS

        self._retry(attempt, should_retry)

    def read_files(self, file_ids: Sequence[str], into: memoryview, check: Callable[[], None]) -> None:
        """Fetches whole small files, whose bytes come one after the other. `check` may raise CorruptData."""
        body = json.dumps({"files": list(file_ids)}).encode()
        corruptions = 0

        def attempt(address: str) -> None:
            headers = {"Content-Type": "application/json"}
            with self._ask("POST", address, "/v1/files/read", headers, body) as response:
                _fill(address, response, into)
                if response.read(1):
                    raise _bad_answer(address)
            check()

        def should_retry(error: ModelBoxError) -> bool:
            nonlocal corruptions
            if not isinstance(error, CorruptData):
                return _is_worth_another_try(error)
            corruptions += 1
            return corruptions < CORRUPT_ATTEMPTS

        self._retry(attempt, should_retry)

    def end(self) -> None:
        """Ends all requests that are under way."""
        self._pool.end()

    def close(self) -> None:
        """Gives its connections back; it can be used on."""
        self._pool.close()

    @contextmanager
    def _ask(
        self, method: str, address: str, path: str, headers: Mapping[str, str], body: Body = None
    ) -> Generator[http.client.HTTPResponse]:
        with self._pool.request(method, address, path, {**self._headers, **headers}, body) as response:
            if not 200 <= response.status < 300:
                answer = response.read(MAX_ERROR_BYTES)
                facts = {name.lower(): value for name, value in response.getheaders()}
                raise self._to_error(f"{method} {path}", address, response.status, facts, answer)
            yield response

    def _retry(
        self, attempt: Callable[[str], T], should_retry: Callable[[ModelBoxError], bool] | None = None
    ) -> T:
        return with_retry(
            lambda: self.addresses.use(attempt),
            should_retry or _is_worth_another_try,
            patience_seconds=self._patience_seconds,
            wait=self._wait,
        )


def _sending(lease_id: str) -> dict[str, str]:
    return {"ModelBox-Lease": lease_id, "Content-Type": "application/octet-stream"}


def _fill(address: str, response: http.client.HTTPResponse, target: memoryview) -> None:
    filled = 0
    while filled < len(target):
        count = response.readinto(target[filled:])
        if count == 0:
            raise ConnectionFailed(
                f"{address} sent fewer bytes than were asked for; check what stands between here and the server.",
                address=address,
                maybe_seen=True,
            )
        filled += count


def _json(address: str, response: http.client.HTTPResponse) -> dict[str, object]:
    try:
        answer: object = json.loads(response.read())
    except ValueError:
        raise _bad_answer(address) from None
    if not isinstance(answer, dict):
        raise _bad_answer(address)
    return cast("dict[str, object]", answer)


def _is_worth_another_try(error: ModelBoxError) -> bool:
    """A server that failed may do better, and a chunk that was collected just then is found again."""
    if is_transient(error):
        return True
    return isinstance(error, (InternalError, UnknownError)) or error.reason == "CHUNK_GONE"


def _bad_answer(address: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"{address} answers with what is no ModelBox server's; check what stands between here and the server.",
        address=address,
        maybe_seen=True,
    )
