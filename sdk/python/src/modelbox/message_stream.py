"""The messages that a server sends one after the other, in Connect's envelopes."""

import json
import os
import socket
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, Generic, cast

import httpx
from google.protobuf.message import DecodeError

from modelbox.answer_errors import error_of_fields
from modelbox.errors import ModelBoxError
from modelbox.method import ResponseT

_HEADER_BYTES = 5
_COMPRESSED = 0x01
_END = 0x02


def envelope(message: bytes) -> bytes:
    """A message as it stands in a stream."""
    return b"\0" + len(message).to_bytes(4, "big") + message


class MessageStream(Generic[ResponseT]):
    """Iterates over messages; raises `ModelBoxError`. `close` ends it, from any thread."""

    def __init__(
        self,
        response: httpx.Response,
        response_type: type[ResponseT],
        *,
        max_message_bytes: int,
        to_error: Callable[[Exception | str], ModelBoxError],
    ) -> None:
        self._response = response
        self._type = response_type
        self._max_message_bytes = max_message_bytes
        self._to_error = to_error
        self._is_closed = threading.Event()
        self._process_id = os.getpid()
        self._messages = self._read()
        # Also at the end of the program, before Python takes itself apart.
        weakref.finalize(self, response.close)

    def __iter__(self) -> "MessageStream[ResponseT]":
        return self

    def __next__(self) -> ResponseT:
        return next(self._messages)

    def __enter__(self) -> "MessageStream[ResponseT]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream; whoever waits for a message sees its end."""
        if self._is_closed.is_set():
            return
        self._is_closed.set()
        if self._process_id != os.getpid():
            # What a child of a fork shuts down is shut down for its parent too.
            return
        # To close a socket does not wake the thread that reads it.
        connection = self._response.extensions.get("network_stream")
        raw = None if connection is None else connection.get_extra_info("socket")
        if isinstance(raw, socket.socket):
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        # Where nobody reads now. What is left open for the end of the program crashes Python 3.13 there.
        with suppress(ValueError):
            self._messages.close()

    def _read(self) -> Generator[ResponseT]:
        try:
            yield from self._messages_of(self._response.iter_raw())
        except (httpx.HTTPError, httpx.StreamError) as error:
            if not self._is_closed.is_set():
                raise self._to_error(error) from error
        finally:
            self._response.close()

    def _messages_of(self, pieces: Iterator[bytes]) -> Iterator[ResponseT]:
        buffer = bytearray()
        for piece in pieces:
            buffer += piece
            while len(buffer) >= _HEADER_BYTES:
                flags, size = buffer[0], int.from_bytes(buffer[1:_HEADER_BYTES], "big")
                if size > self._max_message_bytes or flags & _COMPRESSED:
                    raise self._to_error("a message that is too large or compressed")
                if len(buffer) < _HEADER_BYTES + size:
                    break
                body = bytes(buffer[_HEADER_BYTES : _HEADER_BYTES + size])
                del buffer[: _HEADER_BYTES + size]
                if flags & _END:
                    self._finish(body)
                    return
                yield self._decode(body)
        if not self._is_closed.is_set():
            raise self._to_error(httpx.ReadError("the stream ended early"))

    def _decode(self, body: bytes) -> ResponseT:
        message = self._type()
        try:
            message.ParseFromString(body)
        except DecodeError:
            raise self._to_error("a message that can't be understood") from None
        return message

    def _finish(self, body: bytes) -> None:
        try:
            fields: Any = json.loads(body)
        except ValueError:
            raise self._to_error("an end of stream that can't be understood") from None
        error: Any = cast("dict[str, Any]", fields).get("error") if isinstance(fields, dict) else None
        if isinstance(error, dict):
            raise error_of_fields(cast("dict[str, Any]", error))
