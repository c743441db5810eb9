"""Sends metrics and events with the fence of their run."""

from __future__ import annotations

from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.event_service_pb2 import LogEventsRequest
from modelbox._gen.methods import EventService, MetricService
from modelbox._gen.metric_service_pb2 import LogMetricsRequest
from modelbox.connection import Connection
from modelbox.saving.fence import RunFencing, fenced


def log_metrics(connection: Connection, request: LogMetricsRequest, fence: RunFencing) -> None:
    """Sends points; `request` has no fence."""
    message = LogMetricsRequest()
    message.CopyFrom(request)

    def log(used: RunFence | None) -> None:
        message.ClearField("fence")
        if used is not None:
            message.fence.CopyFrom(used)
        connection.call(MetricService.LogMetrics, message)

    fenced(fence, log)


def log_events(connection: Connection, request: LogEventsRequest, fence: RunFencing) -> None:
    """Sends events; `request` has no fence."""
    message = LogEventsRequest()
    message.CopyFrom(request)

    def log(used: RunFence | None) -> None:
        message.ClearField("fence")
        if used is not None:
            message.fence.CopyFrom(used)
        connection.call(EventService.LogEvents, message)

    fenced(fence, log)
