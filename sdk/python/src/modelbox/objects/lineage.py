"""Lineage: what was made from what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelbox._gen import lineage_service_pb2 as pb
from modelbox._gen.methods import LineageService
from modelbox.connection import Connection
from modelbox.objects.base import ServerObject
from modelbox.objects.decode import decode, decodes

_DIRECTIONS = {
    "both": pb.LINEAGE_DIRECTION_UNSPECIFIED,
    "ancestors": pb.LINEAGE_DIRECTION_ANCESTORS,
    "descendants": pb.LINEAGE_DIRECTION_DESCENDANTS,
}
Direction = Literal["both", "ancestors", "descendants"]


@decodes(pb.LineageNode)
@dataclass(frozen=True, kw_only=True)
class LineageNode:
    """An object, or something outside."""

    node: str
    """`kind:id`; `dataset:`, `worker_run:` or `deployment:` and a name or URI for what is outside."""
    path: str
    """Path of the object now; empty for what is outside or deleted."""
    distance: int
    """Edges away from the object that was asked for."""


@decodes(pb.LineageEdge)
@dataclass(frozen=True, kw_only=True)
class LineageEdge:
    """That one thing was made from another."""

    source: str
    """What it was made from: as in `LineageNode.node`; a path may stand for an id in what is added."""
    target: str
    """What was made."""
    relation: str
    """How, for example `produced`, `trained_on`, `deployed_to`."""
    created_at: datetime | None = None
    """When it was added, in UTC."""


@decodes(pb.GetLineageResponse)
@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The graph around an object."""

    nodes: tuple[LineageNode, ...]
    """Nearest first; the object itself is the first."""
    edges: tuple[LineageEdge, ...]
    """Between the nodes."""
    truncated: bool
    """True when there are more than 10,000 nodes; the nearest are here."""

    def _repr_html_(self) -> str:
        from modelbox.display.table import rows_html

        names = {node.node: node.path or node.node for node in self.nodes}
        rows = [
            {
                "from": names.get(edge.source, edge.source),
                "relation": edge.relation,
                "to": names.get(edge.target, edge.target),
            }
            for edge in self.edges
        ]
        return rows_html("Lineage", rows)


class HasLineage(ServerObject):
    """An object that others were made from, or that was made from others."""

    def lineage(self, direction: Direction = "both", max_depth: int = 5) -> Lineage:
        """The graph around it, up to `max_depth` (1 to 100) edges away."""
        return get_lineage(self._connection, self.reference, "", direction, max_depth)

    def made_from(self, source: str | ServerObject, relation: str) -> LineageEdge:
        """Records that this object was made from `source`, for example `dataset:s3://bucket/train`, "trained_on"."""
        return self._add(LineageEdge(source=name_of(source), target=self.reference, relation=relation))

    def used_for(self, target: str | ServerObject, relation: str) -> LineageEdge:
        """Records that `target` came of this object, for example `deployment:eu-1`, "deployed_to"."""
        return self._add(LineageEdge(source=self.reference, target=name_of(target), relation=relation))

    def _add(self, edge: LineageEdge) -> LineageEdge:
        namespace = str(getattr(self, "namespace_id", self.id))
        return add_edges(self._connection, namespace, [edge])[0]


def name_of(node: str | ServerObject) -> str:
    """As it stands in an edge."""
    return node.reference if isinstance(node, ServerObject) else node


def get_lineage(
    connection: Connection, node: str, namespace: str, direction: Direction, max_depth: int
) -> Lineage:
    """The graph around a node."""
    request = pb.GetLineageRequest(
        object=node, namespace=namespace, direction=_DIRECTIONS[direction], max_depth=max_depth
    )
    return decode(Lineage, connection.call(LineageService.GetLineage, request), connection)


def add_edges(connection: Connection, namespace: str, edges: Iterable[LineageEdge]) -> list[LineageEdge]:
    """Adds edges, all or none."""
    request = pb.AddLineageEdgesRequest(namespace=namespace, edges=_messages(edges))
    answer = connection.call(LineageService.AddLineageEdges, request)
    return [decode(LineageEdge, one, connection) for one in answer.edges]


def remove_edges(connection: Connection, namespace: str, edges: Iterable[LineageEdge]) -> int:
    """Removes edges; returns how many were there."""
    request = pb.RemoveLineageEdgesRequest(namespace=namespace, edges=_messages(edges))
    return connection.call(LineageService.RemoveLineageEdges, request).removed_count


def _messages(edges: Iterable[LineageEdge]) -> list[pb.LineageEdge]:
    return [pb.LineageEdge(source=one.source, target=one.target, relation=one.relation) for one in edges]
