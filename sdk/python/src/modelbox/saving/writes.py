"""Sends what a trainer writes with the fence of its run."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from modelbox._gen.checkpoint_service_pb2 import CreateCheckpointRequest
from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.event_service_pb2 import LogEventsRequest
from modelbox._gen.methods import EventService, MetricService
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.connection import Connection
from modelbox.method import Method
from modelbox.saving.fence import RunFencing, fenced

RequestT = TypeVar("RequestT", LogMetricsRequest, LogEventsRequest, CreateCheckpointRequest)
ResponseT = TypeVar("ResponseT", bound=Message)


def fenced_call(
    connection: Connection, method: Method[RequestT, ResponseT], request: RequestT, fence: RunFencing
) -> tuple[ResponseT, RunFence | None]:
    """The answer, and the fence that the call had. `request` has none, and is left alone."""
    message = type(request)()
    message.CopyFrom(request)

    def call(used: RunFence | None) -> tuple[ResponseT, RunFence | None]:
        message.ClearField("fence")
        if used is not None:
            message.fence.CopyFrom(used)
        return connection.call(method, message), used

    return fenced(fence, call)


def log_metrics(connection: Connection, request: LogMetricsRequest, fence: RunFencing) -> None:
    """Sends points."""
    fenced_call(connection, MetricService.LogMetrics, request, fence)


def log_events(connection: Connection, request: LogEventsRequest, fence: RunFencing) -> None:
    """Sends events."""
    fenced_call(connection, EventService.LogEvents, request, fence)
