"""Metrics: values by key and step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from modelbox._gen import common_pb2
from modelbox._gen import metric_service_pb2 as pb
from modelbox._gen.methods import MetricService
from modelbox.connection import Connection
from modelbox.objects.base import ServerObject
from modelbox.objects.decode import decode, decodes
from modelbox.objects.paging import Listing
from modelbox.objects.values import MetricValue, Wallclock, to_metric_value, to_timestamp

MAX_POINTS = 10_000
"""Points in one call; more go in several."""
_POINTS_PAGE_SIZE = 10_000


@decodes(common_pb2.MetricPoint)
@dataclass(frozen=True, kw_only=True)
class MetricPoint:
    """A metric at one step."""

    key: str
    """1 to 256 characters, for example `loss` or `val/accuracy`."""
    step: int
    """Any 64-bit whole number."""
    value: MetricValue
    """A number (NaN and infinities included), text or bytes."""
    wall_time: datetime | float | None = None
    """When it was measured; a point that was read has a `datetime` in UTC."""


class HasMetrics(ServerObject):
    """An object with metrics."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int, wallclock: Wallclock | None = None) -> None:
        """Stores metrics of one step, all or none, in one call.

        Values are numbers (NaN and infinities included; scalars of numpy and PyTorch count), text or bytes, of up to
        64 KiB. A key and step that is there already gets the new value. `wallclock` is when they were measured, the
        server's time when it is not given.
        """
        self.log_metric_points(
            MetricPoint(key=key, step=step, value=value, wall_time=wallclock)
            for key, value in metrics.items()
        )

    def log_metric_points(self, points: Iterable[MetricPoint]) -> int:
        """Stores points of any steps, up to 10,000 in one call, all of a call or none; returns how many."""
        remaining = iter(points)
        count = 0
        while batch := [_to_message(point) for point in islice(remaining, MAX_POINTS)]:
            request = pb.LogMetricsRequest(object=self.reference, points=batch, fence=self._fence_of_run())
            count += self._connection.call(MetricService.LogMetrics, request).point_count
        return count

    def latest_metrics(self, keys: Sequence[str] = ()) -> dict[str, MetricPoint]:
        """For each key the point at its highest step: those keys, or all, up to 10,000."""
        request = pb.GetMetricsRequest(object=self.reference, keys=keys)
        answer = self._connection.call(MetricService.GetMetrics, request)
        return {one.key: decode(MetricPoint, one, self._connection) for one in answer.points}

    def metric_points(
        self, key: str = "", *, min_step: int | None = None, max_step: int | None = None
    ) -> MetricSeries:
        """All points, or those of a key, by key and step. A notebook shows them as a plot."""
        return MetricSeries(self._connection, self.reference, key, min_step, max_step)


class MetricSeries(Listing[MetricPoint]):
    """Points by key and step, fetched while one goes through them."""

    def __init__(
        self, connection: Connection, reference: str, key: str, min_step: int | None, max_step: int | None
    ) -> None:
        request = pb.ListMetricPointsRequest(
            object=reference,
            key=key,
            min_step=min_step,
            max_step=max_step,
        )
        super().__init__(
            connection,
            MetricService.ListMetricPoints,
            request,
            lambda page: [decode(MetricPoint, one, connection) for one in page.points],
            _POINTS_PAGE_SIZE,
        )
        self.key = key

    def numbers(self) -> Iterator[MetricPoint]:
        """Those that are numbers."""
        return (point for point in self if isinstance(point.value, float))

    def _repr_html_(self) -> str:
        from modelbox.display.plot import series_html

        return series_html(self)


def _to_message(point: MetricPoint) -> common_pb2.MetricPoint:
    return common_pb2.MetricPoint(
        key=point.key,
        step=point.step,
        wall_time=None if point.wall_time is None else to_timestamp(point.wall_time),
        value=to_metric_value(point.value, point.key),
    )
