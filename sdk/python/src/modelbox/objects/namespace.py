"""Namespaces: they group the work of a team."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from google.protobuf.field_mask_pb2 import FieldMask

from modelbox._gen import namespace_service_pb2 as pb
from modelbox._gen.methods import NamespaceService
from modelbox.objects.artifact import HasArtifacts
from modelbox.objects.base import Labelled
from modelbox.objects.decode import decode, decodes
from modelbox.objects.event import HasEvents
from modelbox.objects.lineage import HasLineage


@decodes(pb.Namespace)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Namespace(Labelled, HasArtifacts, HasEvents, HasLineage):
    """A group of experiments and models; the command line calls it a project."""

    kind: ClassVar[str] = "namespace"

    name: str
    """Unique on the server."""
    owner: str
    """Who is responsible."""
    description: str
    quota_bytes: int | None
    """How many bytes its stored files may have; `None` for no limit."""
    created_at: datetime = field()
    updated_at: datetime = field()

    def refresh(self) -> Namespace:
        """The namespace as it is now."""
        answer = self._connection.call(
            NamespaceService.GetNamespace, pb.GetNamespaceRequest(namespace=self.id)
        )
        return decode(Namespace, answer.namespace, self._connection)

    def update(
        self,
        *,
        name: str | None = None,
        owner: str | None = None,
        description: str | None = None,
        quota_bytes: int | Literal["none"] | None = None,
        if_unchanged: bool = False,
    ) -> Namespace:
        """Changes what is given, and returns the namespace as it is then; `quota_bytes="none"` ends the limit.

        Renaming keeps links and history. With `if_unchanged` it raises `Aborted` when the namespace was changed since
        it was read.
        """
        quota = None if quota_bytes == "none" else quota_bytes
        update = pb.NamespaceUpdate(name=name, owner=owner, description=description, quota_bytes=quota)
        mask = [one.name for one, _ in update.ListFields()]
        if quota_bytes == "none":
            mask.append("quota_bytes")
        request = pb.UpdateNamespaceRequest(
            namespace=self.id,
            update=update,
            update_mask=FieldMask(paths=mask),
            etag=self.etag if if_unchanged else "",
        )
        answer = self._connection.call(NamespaceService.UpdateNamespace, request)
        return decode(Namespace, answer.namespace, self._connection)

    def delete(self, *, recursive: bool = False, if_unchanged: bool = False) -> None:
        """Deletes it; with its experiments and models only when `recursive` is set."""
        request = pb.DeleteNamespaceRequest(
            namespace=self.id, recursive=recursive, etag=self.etag if if_unchanged else ""
        )
        self._connection.call(NamespaceService.DeleteNamespace, request)
