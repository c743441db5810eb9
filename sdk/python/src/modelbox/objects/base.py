"""What all objects of a server have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from modelbox._gen.common_pb2 import RunFence
from modelbox._gen.label_service_pb2 import GetLabelsRequest, SetLabelsRequest, UnsetLabelsRequest
from modelbox._gen.methods import LabelService
from modelbox.connection import Connection
from modelbox.objects.values import Json, from_value, to_labels


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ServerObject:
    """An object of a server, as it was when it was read. It does not change; `refresh` reads it again.

    Two are equal when they are of the same kind and have the same id.
    """

    kind: ClassVar[str]
    """As in references: `experiment`, `checkpoint`, `model`, `version`, `namespace`, `artifact`."""

    id: str
    """UUIDv7; never changes."""
    _connection: Connection = field(repr=False)

    @property
    def reference(self) -> str:
        """Names the object wherever any kind may stand: kind and id."""
        return f"{self.kind}:{self.id}"

    @property
    def connection(self) -> Connection:
        """Whom its calls go to."""
        return self._connection

    def _fence_of_run(self) -> RunFence | None:
        """What its writes carry where it was reached through a run."""
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerObject) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    def __repr__(self) -> str:
        title = getattr(self, "path", None) or getattr(self, "name", None) or self.id
        return f"<{type(self).__name__} {title}>"

    def _repr_html_(self) -> str:
        from modelbox.display.table import object_html

        return object_html(self)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Labelled(ServerObject):
    """An object with labels: searchable pairs of a key and a JSON value, also called its metadata."""

    labels: Mapping[str, Json]
    """As they were when the object was read. Keys have 1 to 128 characters of letters, digits, `.`, `_`, `-`, `/`."""
    etag: str = field(repr=False)
    """Changes with every update."""

    def update_metadata(self, key: str, value: Json) -> Mapping[str, Json]:
        """Sets one label, and returns all of them as they are now."""
        return self.set_labels({key: value})

    def set_labels(self, labels: Mapping[str, Json], *, if_unchanged: bool = False) -> Mapping[str, Json]:
        """Sets labels, leaves others as they are, and returns all of them.

        With `if_unchanged` it raises `Aborted` when the object was changed since it was read.
        """
        request = SetLabelsRequest(
            object=self.reference, labels=to_labels(labels), etag=self.etag if if_unchanged else ""
        )
        answer = self._connection.call(LabelService.SetLabels, request)
        return {key: from_value(value) for key, value in answer.labels.items()}

    def unset_labels(self, *keys: str) -> Mapping[str, Json]:
        """Removes labels, those that are there, and returns the others."""
        request = UnsetLabelsRequest(object=self.reference, keys=keys)
        answer = self._connection.call(LabelService.UnsetLabels, request)
        return {key: from_value(value) for key, value in answer.labels.items()}

    def get_labels(self) -> Mapping[str, Json]:
        """The labels as they are now."""
        answer = self._connection.call(LabelService.GetLabels, GetLabelsRequest(object=self.reference))
        return {key: from_value(value) for key, value in answer.labels.items()}
