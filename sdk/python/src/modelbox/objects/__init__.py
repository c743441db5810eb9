"""The objects of a server, and what can be done with them."""

from modelbox.objects.artifact import Artifact, File, Files, TrackedFile
from modelbox.objects.change import Change, Watch
from modelbox.objects.checkpoint import Checkpoint
from modelbox.objects.event import Event
from modelbox.objects.experiment import Experiment, Run
from modelbox.objects.lease import HeldLease, Lease
from modelbox.objects.lineage import Lineage, LineageEdge, LineageNode
from modelbox.objects.metric import MetricPoint, MetricSeries
from modelbox.objects.model import Model
from modelbox.objects.model_version import ModelVersion, TagAssignment, UniqueTag
from modelbox.objects.namespace import Namespace
from modelbox.objects.paging import Listing
from modelbox.objects.server import Limits, ServerInfo
from modelbox.objects.storage import NamespaceStorage, ObjectStorage, ServerStorage

__all__ = [
    "Artifact",
    "Change",
    "Checkpoint",
    "Event",
    "Experiment",
    "File",
    "Files",
    "HeldLease",
    "Lease",
    "Limits",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "Listing",
    "MetricPoint",
    "MetricSeries",
    "Model",
    "ModelVersion",
    "Namespace",
    "NamespaceStorage",
    "ObjectStorage",
    "Run",
    "ServerInfo",
    "ServerStorage",
    "TagAssignment",
    "TrackedFile",
    "UniqueTag",
    "Watch",
]
