"""Events: what outside systems report about an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from modelbox._gen import event_service_pb2 as pb
from modelbox._gen.methods import EventService
from modelbox.objects.base import ServerObject
from modelbox.objects.decode import decode, decodes
from modelbox.objects.paging import Listing
from modelbox.objects.values import Json, Wallclock, to_struct, to_timestamp


@decodes(pb.Event)
@dataclass(frozen=True, kw_only=True)
class Event:
    """A report about an object."""

    id: str
    """UUIDv7; never changes."""
    namespace_id: str
    object_kind: str
    """For example `experiment`."""
    object_id: str
    name: str
    """What happened, for example `checkpoint_started`."""
    source: str
    """Who reports."""
    time: datetime
    """When it happened, in UTC."""
    data: Mapping[str, Json] | None
    """Anything more."""


class HasEvents(ServerObject):
    """An object that events are about."""

    def log_event(
        self,
        name: str,
        data: Mapping[str, Json] | None = None,
        *,
        source: str = "",
        wallclock: Wallclock | None = None,
    ) -> Event:
        """Stores an event.

        `name` has 1 to 128 characters of letters, digits, `.`, `_` and `-`; `source` says who reports; `data` is up to
        64 KiB of JSON. `wallclock` is when it happened, the server's time when it is not given.
        """
        spec = pb.EventSpec(
            name=name,
            source=source,
            time=None if wallclock is None else to_timestamp(wallclock),
            data=None if data is None else to_struct(cast("Mapping[object, object]", data), "data"),
        )
        request = pb.LogEventsRequest(object=self.reference, events=[spec], fence=self._fence_of_run())
        answer = self._connection.call(EventService.LogEvents, request)
        return decode(Event, answer.events[0], self._connection)

    def events(self, *, filter: str = "", order_by: str = "") -> Listing[Event]:
        """Its events, the newest first. Fields of the filter: name, source, time."""

        request = pb.ListEventsRequest(
            object=self.reference,
            filter=filter,
            order_by=order_by,
        )
        return Listing(
            self._connection,
            EventService.ListEvents,
            request,
            lambda page: [decode(Event, one, self._connection) for one in page.events],
        )
