"""What an answer that is no success means: Connect's error, a proxy's page, or another kind of server."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, cast

from google.protobuf.message import DecodeError

from modelbox._gen.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from modelbox.errors import (
    BY_CODE,
    ConnectionFailed,
    FieldViolation,
    ModelBoxError,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    UnknownError,
)

REQUEST_ID_HEADER = "x-request-id"
"""Names the call in the server's log and in its answer."""
MAX_ERROR_BYTES = 1024 * 1024
"""Longer bodies of errors are no server's of ours."""

_PROXY_STATUSES: Mapping[int, type[ModelBoxError]] = {
    401: Unauthenticated,
    403: PermissionDenied,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
"""What a proxy says of a server that is behind it but does not answer well."""


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, address: str, request_id: str
) -> ModelBoxError:
    """What an HTTP answer that is no success means."""
    request_id = headers.get(REQUEST_ID_HEADER, request_id)
    retry_after = _seconds(headers.get("retry-after"))
    fields = _json_object(body)
    if fields is not None and fields.get("code") in BY_CODE:
        return error_of_fields(fields, request_id=request_id, retry_after_seconds=retry_after)
    detail = f"HTTP {status}"
    if status in _PROXY_STATUSES or (status >= 500 and status != 501) or status in (407, 408, 413):
        kind = _PROXY_STATUSES.get(status, UnknownError)
        message = f'{address} answered with "{detail}", which is not how a ModelBox server answers; check server_addr.'
        return kind(message, request_id=request_id, retry_after_seconds=retry_after)
    return not_a_server(address, detail)


def not_a_server(address: str, detail: str) -> ConnectionFailed:
    """Another kind of server, or a proxy, stands at the address."""
    return ConnectionFailed(
        f"What answers at {address} is not a ModelBox server ({detail}); check server_addr.",
        address=address,
        maybe_seen=True,
        is_lasting=True,
    )


def error_of_fields(
    fields: Mapping[str, Any], *, request_id: str = "", retry_after_seconds: float | None = None
) -> ModelBoxError:
    """The exception for an error in the JSON form that Connect gives it."""
    kind = BY_CODE.get(str(fields.get("code")), UnknownError)
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    known = {
        "google.rpc.ErrorInfo": info,
        "google.rpc.BadRequest": bad_request,
        "google.rpc.RetryInfo": retry,
    }
    details = fields.get("details")
    for detail in cast("list[Any]", details) if isinstance(details, list) else []:
        if not isinstance(detail, dict):
            continue
        entry = cast("dict[str, Any]", detail)
        target = known.get(str(entry.get("type")))
        if target is None:
            continue
        try:
            value = str(entry.get("value", ""))
            target.ParseFromString(base64.b64decode(value + "=" * (-len(value) % 4)))
        except (binascii.Error, DecodeError):
            # The message and the code are worth more than a complaint about a detail.
            continue
    if retry.HasField("retry_delay"):
        retry_after_seconds = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return kind(
        str(fields.get("message") or f"The server answered with {kind.code}."),
        reason=info.reason,
        metadata=dict(info.metadata),
        field_violations=[FieldViolation(one.field, one.description) for one in bad_request.field_violations],
        request_id=request_id,
        retry_after_seconds=retry_after_seconds,
    )


def _json_object(body: bytes) -> dict[str, Any] | None:
    if len(body) > MAX_ERROR_BYTES:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _seconds(header: str | None) -> float | None:
    try:
        seconds = float(header or "nan")
    except ValueError:
        return None
    return seconds if seconds >= 0 else None
