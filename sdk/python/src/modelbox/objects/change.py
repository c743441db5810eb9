"""Changes: what ModelBox records for every mutation, to read and to watch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TypeAlias

from modelbox._gen import change_service_pb2 as pb
from modelbox._gen import common_pb2
from modelbox._gen.methods import ChangeService
from modelbox.connection import Connection
from modelbox.errors import ConnectionFailed, InvalidInput, ModelBoxError, Unavailable
from modelbox.message_stream import MessageStream
from modelbox.objects.artifact import Artifact
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.decode import decode, enum_name
from modelbox.objects.event import Event
from modelbox.objects.experiment import Experiment
from modelbox.objects.lease import Lease
from modelbox.objects.lineage import LineageEdge
from modelbox.objects.model import Model
from modelbox.objects.model_version import ModelVersion, TagAssignment
from modelbox.objects.namespace import Namespace
from modelbox.objects.paging import Listing
from modelbox.objects.values import from_timestamp
from modelbox.retry import MAX_ATTEMPTS, is_transient, pause_seconds

State: TypeAlias = (
    Namespace
    | Experiment
    | Checkpoint
    | Model
    | ModelVersion
    | Artifact
    | TagAssignment
    | Event
    | LineageEdge
    | Lease
)

_STATES: dict[str, type[State]] = {
    "namespace": Namespace,
    "experiment": Experiment,
    "checkpoint": Checkpoint,
    "model": Model,
    "version": ModelVersion,
    "artifact": Artifact,
    "tag": TagAssignment,
    "event": Event,
    "edge": LineageEdge,
    "lease": Lease,
}
_HEARTBEAT_SECONDS = 15.0
_MISSED_HEARTBEATS = 3
"""A server that misses this many signs of life is gone."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One mutation."""

    namespace_id: str
    sequence: int
    """1 for the first change of the namespace; no gaps."""
    kind: str
    """Of the object: `namespace`, `experiment`, `checkpoint`, `model`, `version`, `artifact`."""
    object_id: str
    object_path: str
    """At that time."""
    action: str
    """`created`, `updated`, `deleted`, `tag_set`, `tag_removed`, `event_logged`, `linked`, `unlinked`,
    `lease_acquired` or `lease_released`."""
    actor: str
    """Who did it."""
    time: datetime
    """When it was committed, in UTC."""
    state: State | None
    """The new state of the object, or the tag, event, edge or lease; `None` where only a newer package knows it."""


def change_of(message: pb.Change, connection: Connection) -> Change:
    """The change of a message."""
    fields = message.DESCRIPTOR.fields_by_name
    which = message.WhichOneof("state")
    state = None if which is None else decode(_STATES[which], getattr(message, which), connection)
    return Change(
        namespace_id=message.namespace_id,
        sequence=message.sequence,
        kind=enum_name(fields["kind"], message.kind),
        object_id=message.object_id,
        object_path=message.object_path,
        action=enum_name(fields["action"], message.action),
        actor=message.actor,
        time=from_timestamp(message.time),
        state=state,
    )


def list_changes(
    connection: Connection, namespace: str, after_sequence: int, kinds: Sequence[str]
) -> Listing[Change]:
    """In order."""
    numbers = _kinds(kinds)

    request = pb.ListChangesRequest(
        namespace=namespace,
        after_sequence=after_sequence,
        kinds=numbers,
    )
    return Listing(
        connection,
        ChangeService.ListChanges,
        request,
        lambda page: [change_of(one, connection) for one in page.changes],
    )


class Watch:
    """Changes as they are committed, in order, each once, for as long as one iterates.

    A lost connection is made anew, and the watch goes on from the last change. `close`, from any thread, ends it.
    """

    def __init__(
        self, connection: Connection, namespace: str, after_sequence: int | None, kinds: Sequence[str]
    ) -> None:
        self._connection = connection
        self._namespace = namespace
        self._kinds = _kinds(kinds)
        self.sequence = after_sequence
        """Everything up to this one has been seen or filtered out; `None` before the server has answered."""
        self._closed = threading.Event()
        self._stream: MessageStream[pb.WatchChangesResponse] | None = None
        self._changes = self._watch()

    def __iter__(self) -> Iterator[Change]:
        return self

    def __next__(self) -> Change:
        return next(self._changes)

    def close(self) -> None:
        """Ends the watch; whoever waits for a change sees its end."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _watch(self) -> Iterator[Change]:
        failures = 0
        while not self._closed.is_set():
            try:
                for message in self._open():
                    failures = 0
                    self.sequence = message.sequence
                    if message.HasField("change"):
                        yield change_of(message.change, self._connection)
                # A server that stops ends its streams: the next one goes on.
                failure: ModelBoxError = Unavailable("The server ended the watch.")
            except ModelBoxError as error:
                failure = error
            failures += 1
            if self._closed.is_set():
                return
            if not self._is_worth_another_try(failure, failures):
                raise failure
            self._closed.wait(pause_seconds(failures, failure))

    def _open(self) -> Iterator[pb.WatchChangesResponse]:
        request = pb.WatchChangesRequest(
            namespace=self._namespace, after_sequence=self.sequence, kinds=self._kinds
        )
        silence = _MISSED_HEARTBEATS * _HEARTBEAT_SECONDS
        stream = self._connection.stream(ChangeService.WatchChanges, request, silence_seconds=silence)
        self._stream = stream
        with stream:
            # It may have been closed while the stream was opened.
            if self._closed.is_set():
                return
            yield from stream

    def _is_worth_another_try(self, failure: ModelBoxError, failures: int) -> bool:
        if failures >= MAX_ATTEMPTS or not is_transient(failure):
            return False
        return (
            not isinstance(failure, ConnectionFailed) or failure.maybe_seen or self._connection.has_answered
        )


def _kinds(kinds: Sequence[str]) -> list[str]:
    known = {name.removeprefix("OBJECT_KIND_").lower(): name for name in common_pb2.ObjectKind.keys()}  # noqa: SIM118
    for kind in kinds:
        if kind not in known or kind == "unspecified":
            choices = ", ".join(name for name in known if name != "unspecified")
            raise InvalidInput(f'There is no kind "{kind}"; the kinds are {choices}.')
    return [known[kind] for kind in kinds]
